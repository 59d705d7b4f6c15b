/* Calls a fuzz target where there is no libFuzzer: with what is in a folder, then with mutations of it.
 *
 *     fuzz_rtp FOLDER SECONDS COUNT SEED     ends with whichever of time and count is reached first; the same seed gives
 *                                            the same inputs. An input that crashes is written to crash-SEED.
 */
#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

enum { LONGEST = 4096, SEEDS = 64, CHANGES = 8 };

struct input {
    size_t size;
    uint8_t bytes[LONGEST];
};

static struct input seeds[SEEDS];
static size_t seed_count;
static struct input current;
static char crash_path[64];
static uint64_t random_state;

static uint32_t random_below(uint32_t limit)
{
    random_state ^= random_state << 13; /* xorshift */
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return limit ? (uint32_t)((random_state >> 16) % limit) : 0;
}

static void read_seeds(const char *folder)
{
    DIR *open_folder = opendir(folder);
    struct dirent *entry;
    while (open_folder && (entry = readdir(open_folder)) && seed_count < SEEDS) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        FILE *file = entry->d_name[0] == '.' ? NULL : fopen(path, "rb");
        if (file) {
            seeds[seed_count].size = fread(seeds[seed_count].bytes, 1, LONGEST, file);
            seed_count++;
            fclose(file);
        }
    }
    if (open_folder)
        closedir(open_folder);
}

static void run_current(void)
{
    uint8_t *exact = malloc(current.size ? current.size : 1); /* so that a byte beyond its end is noticed */
    MUST(exact != NULL);
    memcpy(exact, current.bytes, current.size);
    LLVMFuzzerTestOneInput(exact, current.size);
    free(exact);
}

static void cut_or_double(void)
{
    size_t at = random_below((uint32_t)current.size + 1), count = random_below((uint32_t)(current.size - at) + 1);
    if (random_below(2)) {
        memmove(current.bytes + at, current.bytes + at + count, current.size - at - count);
        current.size -= count;
    } else if (current.size + count <= LONGEST) {
        memmove(current.bytes + at + count, current.bytes + at, current.size - at);
        current.size += count;
    }
}

static void mutate(void)
{
    static const uint8_t telling[] = {0, 1, 2, 4, 12, 13, 0x7F, 0x80, 0x81, 0xC8, 0xC9, 0xFE, 0xFF};
    size_t at = random_below((uint32_t)current.size);
    switch (random_below(5)) {
    case 0:
        current.bytes[at] ^= (uint8_t)(1u << random_below(8));
        break;
    case 1:
        current.bytes[at] = telling[random_below(sizeof telling)];
        break;
    case 2:
        current.bytes[at] = (uint8_t)random_below(256);
        break;
    case 3:
        cut_or_double();
        break;
    default: { /* go on as another seed does */
        const struct input *other = &seeds[random_below((uint32_t)seed_count)];
        size_t from = random_below((uint32_t)other->size + 1), count = other->size - from;
        if (at + count <= LONGEST) {
            memcpy(current.bytes + at, other->bytes + from, count);
            current.size = at + count;
        }
    }
    }
}

static void keep_what_crashed(int number)
{
    FILE *file = fopen(crash_path, "wb");
    if (file) {
        fwrite(current.bytes, 1, current.size, file);
        fclose(file);
    }
    signal(number, SIG_DFL);
    raise(number);
}

int main(int count, char **arguments)
{
    if (count != 5) {
        fprintf(stderr, "usage: %s FOLDER SECONDS COUNT SEED\n", arguments[0]);
        return 2;
    }
    double seconds = strtod(arguments[2], NULL);
    unsigned long inputs = strtoul(arguments[3], NULL, 10), done = 0;
    random_state = strtoull(arguments[4], NULL, 10) * 0x9E3779B97F4A7C15u + 1;
    snprintf(crash_path, sizeof crash_path, "crash-%.40s", arguments[4]);
    signal(SIGABRT, keep_what_crashed);
    read_seeds(arguments[1]);
    for (size_t seed = 0; seed < seed_count; seed++) {
        current = seeds[seed];
        run_current();
    }
    clock_t end = clock() + (clock_t)(seconds * CLOCKS_PER_SEC);
    for (; done < inputs && seed_count && clock() < end; done++) {
        current = seeds[random_below((uint32_t)seed_count)];
        for (uint32_t changes = random_below(CHANGES) + 1; changes && current.size; changes--)
            mutate();
        run_current();
    }
    printf("%zu seeds, %lu mutations\n", seed_count, done);
    return seed_count ? 0 : 2;
}
