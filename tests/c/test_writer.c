#include "writer.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "written.h"

#define WHOLE sizeof((struct rb_block *)0)->bytes

static struct rb_block *filled(struct rb_writer *writer, uint8_t with, uint32_t size)
{
    struct rb_block *block = rb_writer_block(writer);
    if (!block)
        abort();
    memset(block->bytes, with, size);
    block->used = size;
    block->records = 1;
    return block;
}

static void blocks_are_written_in_order(void)
{
    struct rb_writer *writer = rb_writer_new(64 * RB_BLOCK_BYTES);
    struct outcome outcome = {0};
    struct rb_file *file = rb_file_new(writer, in_folder("order"), outcome_done, &outcome);
    for (int at = 0; at < 40; at++)
        rb_file_append(file, filled(writer, (uint8_t)at, 1000));
    rb_file_close(file, 0);
    rb_writer_free(writer);
    check_outcome(&outcome, 40, 0, "");
    long size;
    uint8_t *bytes = take_file(in_folder("order"), &size);
    CHECK_EQUAL(size, 40000);
    for (long at = 0; at < size; at++)
        CHECK_EQUAL(bytes[at], at / 1000);
    free(bytes);
}

static void a_file_is_for_its_owner_alone(void)
{
    struct rb_writer *writer = rb_writer_new(RB_BLOCK_BYTES);
    struct outcome outcome = {0};
    struct stat about;
    rb_file_close(rb_file_new(writer, in_folder("private"), outcome_done, &outcome), 0);
    rb_writer_free(writer);
    check_outcome(&outcome, 0, 0, "");
    CHECK_EQUAL(stat(in_folder("private"), &about), 0);
    CHECK_EQUAL(about.st_mode & 0777, 0600);
    CHECK_EQUAL(about.st_size, 0);
    unlink(in_folder("private"));
}

static void what_is_there_is_not_overwritten(void)
{
    struct rb_writer *writer = rb_writer_new(2 * RB_BLOCK_BYTES);
    struct outcome first = {0}, second = {0};
    struct rb_file *file = rb_file_new(writer, in_folder("one"), outcome_done, &first);
    rb_file_append(file, filled(writer, 6, 20));
    rb_file_close(file, 0);
    file = rb_file_new(writer, in_folder("one"), outcome_done, &second);
    rb_file_append(file, filled(writer, 7, 10));
    rb_file_close(file, 2);
    rb_writer_free(writer);
    check_outcome(&first, 1, 0, "");
    check_outcome(&second, 0, 3, "File exists");
    long size;
    free(take_file(in_folder("one"), &size));
    CHECK_EQUAL(size, 20);
}

static void a_path_that_cannot_be_written_is_told(void)
{
    struct rb_writer *writer = rb_writer_new(RB_BLOCK_BYTES);
    struct outcome missing = {0}, empty = {0}, pipe = {0}, good = {0};
    CHECK_EQUAL(mkfifo(in_folder("pipe"), 0600), 0); /* whose opening would wait for a reader */
    rb_file_close(rb_file_new(writer, in_folder("missing/file"), outcome_done, &missing), 0);
    rb_file_close(rb_file_new(writer, "", outcome_done, &empty), 0);
    rb_file_close(rb_file_new(writer, in_folder("pipe"), outcome_done, &pipe), 0);
    rb_file_close(rb_file_new(writer, in_folder("good"), outcome_done, &good), 0);
    rb_writer_free(writer);
    check_outcome(&missing, 0, 0, "No such file or directory");
    check_outcome(&empty, 0, 0, "No such file or directory");
    check_outcome(&pipe, 0, 0, "File exists");
    check_outcome(&good, 0, 0, "");
    unlink(in_folder("pipe"));
    unlink(in_folder("good"));
}

/* A limit on the size of files takes the place of a full disk: it works without root. */
static void a_full_disk_ends_one_file_at_its_last_whole_block(void)
{
    struct rlimit before, limit;
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = 2 * WHOLE + WHOLE / 2;
    signal(SIGXFSZ, SIG_DFL); /* which would end the program, were the signal the writer's to take */
    setrlimit(RLIMIT_FSIZE, &limit);
    struct rb_writer *writer = rb_writer_new(8 * RB_BLOCK_BYTES);
    struct outcome full = {0}, other = {0};
    struct rb_file *large = rb_file_new(writer, in_folder("large"), outcome_done, &full);
    struct rb_file *small = rb_file_new(writer, in_folder("small"), outcome_done, &other);
    for (int at = 0; at < 4; at++) {
        rb_file_append(large, filled(writer, (uint8_t)at, WHOLE));
        rb_file_append(small, filled(writer, (uint8_t)at, 100));
    }
    rb_file_close(large, 1);
    rb_file_close(small, 0);
    rb_writer_free(writer);
    setrlimit(RLIMIT_FSIZE, &before);
    check_outcome(&full, 2, 3, "File too large");
    check_outcome(&other, 4, 0, "");
    long size;
    free(take_file(in_folder("large"), &size));
    CHECK_EQUAL(size, 2 * WHOLE);
    free(take_file(in_folder("small"), &size));
    CHECK_EQUAL(size, 400);
}

static void a_disk_that_stands_still_leaves_no_block_until_it_goes_on(void)
{
    sem_t reached, held;
    sem_init(&reached, 0, 0);
    sem_init(&held, 0, 0);
    struct rb_writer *writer = rb_writer_new(3 * RB_BLOCK_BYTES);
    struct outcome still = {.reached = &reached, .held = &held}, slow = {0}, after = {0};
    rb_file_close(rb_file_new(writer, in_folder("still"), outcome_done, &still), 0);
    sem_wait(&reached); /* the writer thread stands still now */
    struct rb_file *file = rb_file_new(writer, in_folder("slow"), outcome_done, &slow);
    for (int at = 0; at < 3; at++)
        rb_file_append(file, filled(writer, 1, WHOLE));
    CHECK(rb_writer_block(writer) == NULL);
    rb_file_close(file, 5);
    sem_post(&held);
    struct rb_block *block;
    while (!(block = rb_writer_block(writer)))
        usleep(1000);
    file = rb_file_new(writer, in_folder("after"), outcome_done, &after);
    block->used = block->records = 1;
    rb_file_append(file, block);
    rb_file_close(file, 0);
    rb_writer_free(writer);
    check_outcome(&slow, 3, 5, "the disk was too slow");
    check_outcome(&after, 1, 0, "");
    unlink(in_folder("still"));
    unlink(in_folder("slow"));
    unlink(in_folder("after"));
    sem_destroy(&reached);
    sem_destroy(&held);
}

#define PRODUCERS 4
#define FILES 25
#define BLOCKS 40

struct producer {
    struct rb_writer *writer;
    int number;
    struct outcome outcomes[FILES];
    uint64_t dropped[FILES];
};

static const char *name_of(char *name, int producer, int file)
{
    sprintf(name, "many-%d-%d", producer, file);
    return in_folder(name);
}

static void *produce(void *argument)
{
    struct producer *producer = argument;
    struct rb_file *files[FILES];
    char path[200], name[48];
    for (int file = 0; file < FILES; file++) {
        snprintf(path, sizeof path, "%s/many-%d-%d", written_folder, producer->number, file);
        files[file] = rb_file_new(producer->writer, path, outcome_done, &producer->outcomes[file]);
    }
    for (int at = 0; at < BLOCKS; at++)
        for (int file = 0; file < FILES; file++) {
            struct rb_block *block = rb_writer_block(producer->writer);
            if (!block) {
                producer->dropped[file]++;
                continue;
            }
            int size = sprintf(name, "%d %d %d\n", producer->number, file, at);
            memcpy(block->bytes, name, (size_t)size);
            block->used = (uint32_t)size;
            block->records = 1;
            rb_file_append(files[file], block);
        }
    for (int file = 0; file < FILES; file++)
        rb_file_close(files[file], producer->dropped[file]);
    return NULL;
}

/* Every line is of this producer and file, and none comes before one that was handed over earlier. */
static void check_lines(const struct producer *producer, int file)
{
    char name[48];
    const char *path = name_of(name, producer->number, file);
    FILE *written = fopen(path, "r");
    CHECK(written != NULL);
    int whose, which, at, last = -1;
    uint64_t lines = 0;
    while (written && fscanf(written, "%d %d %d\n", &whose, &which, &at) == 3) {
        CHECK_EQUAL(whose, producer->number);
        CHECK_EQUAL(which, file);
        CHECK(at > last);
        last = at;
        lines++;
    }
    if (written)
        fclose(written);
    unlink(path);
    CHECK_EQUAL(lines + producer->dropped[file], BLOCKS);
    check_outcome(&producer->outcomes[file], lines, producer->dropped[file],
                  producer->dropped[file] ? "the disk was too slow" : "");
}

static void many_threads_write_many_files_through_few_blocks(void)
{
    struct rb_writer *writer = rb_writer_new(50 * RB_BLOCK_BYTES);
    static struct producer producers[PRODUCERS];
    pthread_t threads[PRODUCERS];
    for (int at = 0; at < PRODUCERS; at++) {
        producers[at].writer = writer;
        producers[at].number = at;
        pthread_create(&threads[at], NULL, produce, &producers[at]);
    }
    for (int at = 0; at < PRODUCERS; at++)
        pthread_join(threads[at], NULL);
    rb_writer_free(writer);
    for (int at = 0; at < PRODUCERS; at++)
        for (int file = 0; file < FILES; file++)
            check_lines(&producers[at], file);
}

int main(void)
{
    make_folder();
    RUN(blocks_are_written_in_order);
    RUN(a_file_is_for_its_owner_alone);
    RUN(what_is_there_is_not_overwritten);
    RUN(a_path_that_cannot_be_written_is_told);
    RUN(a_full_disk_ends_one_file_at_its_last_whole_block);
    RUN(a_disk_that_stands_still_leaves_no_block_until_it_goes_on);
    RUN(many_threads_write_many_files_through_few_blocks);
    CHECK_EQUAL(rmdir(written_folder), 0);
    return check_report();
}
