from ringback.engine.transitions import TRANSITIONS, State, diagram


def test_every_state_but_the_last_leads_somewhere() -> None:
    assert {state for state, _ in TRANSITIONS} == set(State) - {State.ENDED}


def test_every_state_can_be_reached() -> None:
    reached = {State.QUEUED}
    for _ in State:
        reached |= {target for (state, _), row in TRANSITIONS.items() if state in reached for target in row.targets}
    assert reached == set(State)


def test_the_diagram_has_every_transition() -> None:
    drawn = diagram()
    assert drawn.startswith("stateDiagram-v2\n    [*] --> QUEUED\n")
    assert "    QUEUED --> DIALLING: started\n" in drawn
    assert drawn.endswith("    ENDED --> [*]\n")
    for (state, happening), row in TRANSITIONS.items():
        for target in row.targets:
            (line,) = [row for row in drawn.splitlines() if row.startswith(f"    {state.name} --> {target.name}:")]
            assert happening.name.lower().replace("_", " ") in line
