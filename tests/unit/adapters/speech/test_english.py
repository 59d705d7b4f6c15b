"""What is read and how; an entry without a second text stays as it is."""

import pytest

from ringback.adapters.speech.english import date, read, spelled

CODES = [
    ("Your code is 482913.", "Your code is four eight two, nine one three."),
    ("Your code is 4829.", "Your code is four eight two nine."),
    ("Your code is: 48291", "Your code is: four eight two nine one"),
    ("Your code is 482 913.", "Your code is four eight two, nine one three."),
    ("Your code is 482-913.", "Your code is four eight two, nine one three."),
    ("Your code for Acme is 1234", "Your code for Acme is one two three four"),
    ("482913 is your code", "four eight two, nine one three is your code"),
    ("Use 4829 as your PIN.", "Use four eight two nine as your PIN."),
    ("The PIN is 482.", "The PIN is four eight two."),
    ("PIN 0042", "PIN zero zero four two"),
    ("ext. 204", "ext. two zero four"),
    ("card ending in 1234", "card ending in one two three four"),
    ("order #1234", "order number one two three four"),
    ("Account number 12345678", "Account number one two three four, five six seven eight"),
    ("4111 1111 1111 1234", "four one one one, one one one one, one one one one, one two three four"),
    ("order A1B2C3", "order A, one, B, two, C, three"),
    ("booking BA2490", "booking B, A, two four nine zero"),
    ("reference AB-1234-CD", "reference A, B, one two three four, C, D"),
    ("code 4-8-2-9", "code four, eight, two, nine"),
    ("card ending 6789", "card ending six seven eight nine"),
    ("G-482913 is your verification code", "G, four eight two, nine one three is your verification code"),
    ("K7X9Q2", "K, seven, X, nine, Q, two"),
    ("007", "zero zero seven"),
    ("482913", "four eight two, nine one three"),
]
TELEPHONES = [
    ("Call +1 555 010 0100 now.", "Call plus one, five five five, zero one zero, zero one zero zero now."),
    ("Call 6512345678 now.", "Call six five one, two three four, five six seven eight now."),
    ("Call +6561234567.", "Call plus six five, six one two three, four five six seven."),
    ("(555) 010-0100", "five five five, zero one zero, zero one zero zero"),
    ("1-800-555-0199", "one, eight zero zero, five five five, zero one nine nine"),
    ("555.010.0100", "five five five, zero one zero, zero one zero zero"),
    ("555-0100", "five five five, zero one zero zero"),
    ("020 7946 0958", "zero two zero, seven nine four six, zero nine five eight"),
    ("+44 7700 900123", "plus four four, seven seven zero zero, nine zero zero, one two three"),
    ("(+65) 6123 4567", "plus six five, six one two three, four five six seven"),
    ("call 6123 4567", "call six one two three, four five six seven"),
    ("Call 999.", "Call nine nine nine."),
]
MONEY = [
    ("It costs $12.50.", "It costs 12 dollars and 50 cents."),
    ("$1.01", "1 dollar and 1 cent"),
    ("$0.99", "99 cents"),
    ("$12.00", "12 dollars"),
    ("$1250", "1,250 dollars"),
    ("$1,250.10", "1,250 dollars and 10 cents"),
    ("$5 million", "5 million dollars"),
    ("$1.5 billion", "1.5 billion dollars"),
    ("-$5", "minus 5 dollars"),
    ("£3.01", "3 pounds and 1 penny"),
    ("€12.50", "12 euros and 50 cents"),
    ("$100-$200", "100 dollars to 200 dollars"),
    ("S$12", "12 Singapore dollars"),
    ("USD 1,000.00", "1,000 US dollars"),
]
TIMES_AND_DATES = [
    ("At 3:45 PM.", "At 3 45 PM."),
    ("at 3:45 p.m. today", "at 3 45 PM today"),
    ("7:00 am", "7 AM"),
    ("at 10:00", "at 10 o'clock"),
    ("at 9:05", "at 9 oh 5"),
    ("at 15:30", "at 15 30"),
    ("9:00-17:30", "9 o'clock to 17 30"),
    ("Open 9am-5pm.", "Open 9 AM to 5 PM."),
    ("on 12/05 at 3:30pm", "on December 5th at 3 30 PM"),
    ("On 2026-01-20.", "On January 20th, 2026."),
    ("01/22/2026", "January 22nd, 2026"),
    ("2/3/2026", "February 3rd, 2026"),
    ("22/01/2026", "January 22nd, 2026"),
    ("2.3.2026", "March 2nd, 2026"),
    ("20 Jan 2026", "20 January 2026"),
    ("Sept. 11", "September 11"),
]
KEYS = [
    ("Press 1, 2 or #.", "Press 1, 2 or pound."),
    ("Press *.", "Press star."),
    ('the "#" key', 'the "pound" key'),
    ("#1 choice", "number 1 choice"),
]
NUMBERS = [("1234 items", "1,234 items"), ("2026 tickets", "2,026 tickets"), ("1500 people", "1,500 people")]
AS_IT_IS = [
    "",
    "Hello.",
    "42 items",
    "0",
    "100 people",
    "12,345 items",
    "12345 items",
    "1000000",
    "250000 people",
    "1234567 things",
    "Room 1204 is ready",
    "Flight BA 2490 departs",
    "1234 Main Street",
    "RFC 3261 is long",
    "In 1066 people died",
    "10.10.2025.1",
    "between 2020-2024",
    "4-8-2-9",
    "on 31/31",
    "1/2 price",
    "in 1066",
    "in 1999",
    "in 2026",
    "January 20, 2026",
    "the 2026 elections",
    "2026",
    "the 1990s",
    "the 3rd, 21st and 102nd",
    "20% and 20.5 %",
    "3.14",
    "-5 degrees",
    "1/2",
    "24/7",
    "5-10 minutes",
    "version 2.10.3",
    "192.168.1.1",
    "mail bob4829@example.com",
    "code at https://example.com/482913?code=4829 please",
    "www.482913.example",
    "COVID-19",
    "MP3",
    "Room 12B",
    "flight BA2490",
    "order 12 pizzas",
    "by zip code in 2026",
    "C# and F#",
    "**bold**",
    "16:9",
    "1:2:3",
    "31/31/2026",
    "2026-13-40",
    "abc123def",
    "x=482913y",
    "2026-01-20T20:30:00Z",
]


@pytest.mark.parametrize(("text", "said"), CODES + TELEPHONES + MONEY + TIMES_AND_DATES + KEYS + NUMBERS)
def test_it_is_read_as_people_say_it(text: str, said: str) -> None:
    assert read(text, american=True) == said


@pytest.mark.parametrize("text", AS_IT_IS)
def test_what_a_voice_reads_well_or_is_no_number_stays(text: str) -> None:
    assert read(text, american=True) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2/3/2026", "the 2nd of March 2026"),
        ("01/22/2026", "the 22nd of January 2026"),
        ("2026-01-20", "the 20th of January 2026"),
        ("on 12/05", "on the 12th of May"),
        ("on 05/22", "on the 22nd of May"),
        ("Press #.", "Press hash."),
    ],
)
def test_outside_america_days_come_first_and_the_hash_is_no_pound(text: str, said: str) -> None:
    assert read(text, american=False) == said


@pytest.mark.parametrize("text", [said for _, said in CODES + TELEPHONES + MONEY + TIMES_AND_DATES + KEYS + NUMBERS])
def test_what_was_rewritten_is_not_rewritten_again(text: str) -> None:
    assert read(text, american=True) == text


def test_what_is_spelled_has_names_for_its_signs() -> None:
    assert spelled("a1-b22@c.d") == "A, one, dash, B, two two, at, C, dot, D"
    assert spelled(" é ß ") == "É, SS"
    assert spelled("") == ""


def test_ordinals_of_days() -> None:
    days = {day: str(date(day, 5, "", american=True)) for day in range(1, 32)}
    ends = {day: said[-2:] for day, said in days.items()}
    assert [day for day, end in ends.items() if end == "st"] == [1, 21, 31]
    assert [day for day, end in ends.items() if end == "nd"] == [2, 22]
    assert [day for day, end in ends.items() if end == "rd"] == [3, 23]
    assert days[11] == "May 11th"
    assert date(32, 5, "", american=True) is None
    assert date(0, 5, "", american=True) is None
    assert date(1, 13, "", american=True) is None
