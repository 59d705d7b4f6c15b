/* The far end of any number of calls: sends on each, measures what comes, and says both.
 *
 * A leg begins with the first RTP packet from a port that was not heard before: so a call may be set up by whoever likes,
 * as long as its SDP names one of the ports that the peer prints first. It sends on every leg that it hears.
 *
 *     rtp_peer SOCKETS LEGS      then lines on standard input, each answered by a line of JSON:
 *
 *     hear COUNT                 answered once so many legs are heard
 *     measure SECONDS            for so long; then what came
 *     press COUNT                on every leg, COUNT keys, two a second; the n-th of leg i is event (i + n) % 12
 *     gaps EVERY                 leave out one sequence number in EVERY on every leg; 0 none
 *     legs                       what each leg did so far
 *
 * It ends with its input.
 */
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "leg.h"
#include "payload.h"
#include "sockets.h"

enum {
    SLOTS = 20,
    SLOT_NS = 1000000,
    PORTS = 65536,
    LINE = 128,
    BATCHES = 32, /* that are read of a socket between two slots, at most */
    PRIORITY = 1, /* real-time, where that is allowed: it stands for many machines */
};

static const int64_t SECOND_NS = 1000000000;
static const int64_t GONE_NS = 500000000; /* nothing heard for so long: the call is over */

struct peer {
    struct sockets sockets;
    struct leg *legs;
    uint32_t count, room;
    int32_t by_port[PORTS]; /* the leg of a source port; -1 none */
    uint32_t gap_every;
    struct tally tally;
    uint64_t foreign, reports, goodbyes;
    uint32_t wanted;          /* legs that are waited for; 0: nobody waits */
    int64_t measure_until_ns; /* 0: nothing is measured */
    int64_t measured_from_ns;
    int64_t cpu_from_ns;
    uint64_t overflowed_from, sent_from, unsent_from;
    uint64_t late_slots;
};

static struct peer peer;

static int64_t clock_ns(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * SECOND_NS + time.tv_nsec;
}

static struct leg *find(const struct sockaddr_in *source, int socket)
{
    uint16_t port = ntohs(source->sin_port);
    if (peer.by_port[port] < 0) {
        if (peer.count == peer.room)
            return NULL;
        leg_begin(&peer.legs[peer.count], peer.count, socket, source);
        peer.by_port[port] = (int32_t)peer.count++;
    }
    return &peer.legs[peer.by_port[port]];
}

static void take(const struct arrival *arrival, int socket, int64_t now_ns)
{
    unsigned type = arrival->size < 12 ? 72 : arrival->bytes[1] & 0x7F;
    struct leg *leg = type >= 72 && type <= 76 ? NULL : find(&arrival->source, socket);
    if (leg == NULL || arrival->bytes[0] >> 6 != 2) {
        peer.foreign++;
        return;
    }
    bool gone = now_ns - leg->last_heard_ns > GONE_NS && !leg_continues(leg, arrival->bytes);
    if (leg->socket != socket || gone) { /* a new call on a port heard before */
        leg_begin(leg, leg->number, socket, &arrival->source);
        leg->gap_every = peer.gap_every;
    }
    leg->last_heard_ns = now_ns;
    leg_receive(leg, arrival->bytes, arrival->size, arrival->at_ns, &peer.tally);
}

static void receive(int64_t now_ns)
{
    static struct arrival arrivals[SOCKETS_BATCH];
    for (int socket = 0; socket < peer.sockets.count; socket++) {
        int count = SOCKETS_BATCH;
        for (int batches = 0; batches < BATCHES && count == SOCKETS_BATCH; batches++) {
            count = sockets_receive(&peer.sockets, socket, arrivals);
            for (int at = 0; at < count; at++)
                take(&arrivals[at], socket, now_ns);
        }
    }
}

static void receive_reports(int64_t now_ns)
{
    uint8_t bytes[SOCKETS_PACKET];
    struct sockaddr_in source;
    for (int socket = 0; socket < peer.sockets.count; socket++) {
        size_t size;
        while ((size = sockets_receive_report(&peer.sockets, socket, bytes, &source)) > 0) {
            int32_t number = peer.by_port[(uint16_t)(ntohs(source.sin_port) - 1)];
            peer.reports++;
            if (number >= 0)
                peer.goodbyes += leg_receive_report(&peer.legs[number], bytes, size, now_ns);
        }
    }
}

static void send_slot(uint32_t slot, int64_t now_ns)
{
    int64_t realtime_ns = clock_ns(CLOCK_REALTIME);
    for (uint32_t number = slot; number < peer.count; number += SLOTS) {
        struct leg *leg = &peer.legs[number];
        if (now_ns - leg->last_heard_ns > GONE_NS)
            continue;
        uint8_t *room = sockets_room(&peer.sockets, leg->socket, &leg->engine);
        sockets_fill(leg->socket, leg_send(leg, room, realtime_ns));
        if (leg->report_due-- == 0) {
            uint8_t report[LEG_PACKET_MAX];
            struct sockaddr_in to = leg->engine;
            to.sin_port = htons((uint16_t)(ntohs(to.sin_port) + 1));
            size_t size = leg_report(leg, report, realtime_ns, now_ns);
            sendto(peer.sockets.rtcp[leg->socket], report, size, 0, (struct sockaddr *)&to, sizeof to);
        }
    }
    sockets_flush(&peer.sockets);
}

/* ------------------------------------------------------------ commands */

static void measure(double seconds, int64_t now_ns)
{
    struct tally *tally = &peer.tally;
    memset(tally, 0, sizeof *tally);
    for (uint32_t number = 0; number < peer.count; number++)
        leg_measure(&peer.legs[number]);
    peer.foreign = peer.reports = peer.goodbyes = peer.late_slots = 0;
    peer.overflowed_from = sockets_overflowed(&peer.sockets);
    peer.sent_from = peer.sockets.sent;
    peer.unsent_from = peer.sockets.unsent;
    peer.cpu_from_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    peer.measured_from_ns = now_ns;
    peer.measure_until_ns = now_ns + (int64_t)(seconds * (double)SECOND_NS);
}

static int by_value(const void *one, const void *two)
{
    double difference = *(const double *)one - *(const double *)two;
    return difference < 0 ? -1 : difference > 0;
}

static void tell_streams(void)
{
    double *p99 = calloc(peer.count + 1, sizeof *p99);
    uint32_t live = 0, fewest = UINT32_MAX;
    for (uint32_t number = 0; p99 && number < peer.count; number++) {
        const struct leg *leg = &peer.legs[number];
        if (leg->in_measurement == 0)
            continue;
        if (leg->in_measurement < fewest)
            fewest = leg->in_measurement;
        p99[live++] = leg_jitter_p99_ms(leg);
    }
    if (p99 && live)
        qsort(p99, live, sizeof *p99, by_value);
    printf("\"legs\":%u,\"fewest\":%u,\"stream_p99_ms\":[%.2f,%.2f],", live, live ? fewest : 0,
           live ? p99[live / 2] : 0, live ? p99[live - 1] : 0);
    free(p99);
}

static void tell_histogram(const char *name, const struct histogram *histogram)
{
    printf("\"%s_us\":[%u,%u,%u,%lld],", name, histogram_quantile(histogram, 0.5),
           histogram_quantile(histogram, 0.99), histogram_quantile(histogram, 0.999),
           (long long)(histogram->longest_ns / 1000));
}

static void tell_measured(int64_t now_ns)
{
    const struct tally *tally = &peer.tally;
    printf("{\"seconds\":%.6f,\"received\":%lu,\"lost\":%lu,\"repeated\":%lu,\"late\":%lu,\"wrong\":%lu,"
           "\"silent\":%lu,\"misplaced\":%lu,\"events\":%lu,\"foreign\":%lu,\"reports\":%lu,\"goodbyes\":%lu,",
           (double)(now_ns - peer.measured_from_ns) / 1e9, tally->received, tally->lost, tally->repeated, tally->late,
           tally->wrong, tally->silent, tally->misplaced, tally->events, peer.foreign, peer.reports, peer.goodbyes);
    tell_streams();
    tell_histogram("jitter", &tally->jitter);
    tell_histogram("transit", &tally->transit);
    printf("\"overflowed\":%lu,\"sent\":%lu,\"unsent\":%lu,\"late_slots\":%lu,\"cpu_seconds\":%.6f}\n",
           sockets_overflowed(&peer.sockets) - peer.overflowed_from, peer.sockets.sent - peer.sent_from,
           peer.sockets.unsent - peer.unsent_from, peer.late_slots,
           (double)(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - peer.cpu_from_ns) / 1e9);
}

static void tell_legs(void)
{
    printf("[");
    for (uint32_t number = 0; number < peer.count; number++) {
        const struct leg *leg = &peer.legs[number];
        printf("%s{\"port\":%u,\"sent\":%u,\"octets\":%u,\"skipped\":%u,\"presses\":%u,\"received\":%u}",
               number ? "," : "", ntohs(leg->engine.sin_port), leg->sent, leg->octets, leg->skipped, leg->presses,
               leg->received);
    }
    printf("]\n");
}

static void obey(char *line, int64_t now_ns)
{
    char *end = NULL;
    char *space = strchr(line, ' ');
    double value = space ? strtod(space, &end) : 0;
    if (strncmp(line, "measure ", 8) == 0 && value > 0) {
        measure(value, now_ns);
        return; /* answered when it is over */
    }
    if (strncmp(line, "hear ", 5) == 0 && value > 0) {
        peer.wanted = (uint32_t)value;
        return;
    }
    if (strncmp(line, "press ", 6) == 0) {
        for (uint32_t number = 0; number < peer.count; number++)
            peer.legs[number].presses_left += (uint32_t)value;
        printf("{}\n");
    } else if (strncmp(line, "gaps ", 5) == 0) {
        peer.gap_every = (uint32_t)value;
        for (uint32_t number = 0; number < peer.count; number++)
            peer.legs[number].gap_every = peer.gap_every;
        printf("{}\n");
    } else if (strcmp(line, "legs") == 0) {
        tell_legs();
    } else {
        printf("{\"error\":\"not understood\"}\n");
    }
}

/* Obeys what waits on standard input; gives 0 once that has ended. */
static int read_commands(int64_t now_ns)
{
    static char line[LINE];
    static size_t filled;
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    while (poll(&input, 1, 0) > 0) {
        char next;
        if (read(STDIN_FILENO, &next, 1) != 1)
            return 0;
        if (next != '\n' && filled < LINE - 1) {
            line[filled++] = next;
            continue;
        }
        line[filled] = 0;
        filled = 0;
        obey(line, now_ns);
        fflush(stdout);
    }
    return 1;
}

static void run(void)
{
    int64_t due_ns = clock_ns(CLOCK_MONOTONIC);
    for (uint32_t slot = 0;; slot = (slot + 1) % SLOTS, due_ns += SLOT_NS) {
        struct timespec due = {due_ns / SECOND_NS, due_ns % SECOND_NS};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
        int64_t now_ns = clock_ns(CLOCK_MONOTONIC);
        peer.late_slots += now_ns - due_ns > 5 * SLOT_NS;
        receive(now_ns);
        send_slot(slot, now_ns);
        if (peer.measure_until_ns && now_ns >= peer.measure_until_ns) {
            peer.measure_until_ns = 0;
            tell_measured(now_ns);
            fflush(stdout);
        }
        if (peer.wanted && peer.count >= peer.wanted) {
            peer.wanted = 0;
            printf("{}\n");
            fflush(stdout);
        }
        if (slot == 0) {
            receive_reports(now_ns);
            if (!read_commands(now_ns))
                return;
        }
    }
}

int main(int count, char **arguments)
{
    long sockets = count == 3 ? strtol(arguments[1], NULL, 10) : 0;
    long legs = count == 3 ? strtol(arguments[2], NULL, 10) : 0;
    if (sockets < 1 || sockets > SOCKETS_MAX || legs < 1 || legs > PORTS / 2) {
        fprintf(stderr, "usage: rtp_peer SOCKETS (1..%d) LEGS (1..%d)\n", SOCKETS_MAX, PORTS / 2);
        return 2;
    }
    prctl(PR_SET_TIMERSLACK, 1);
    sched_setscheduler(0, SCHED_RR, &(struct sched_param){.sched_priority = PRIORITY});
    payload_prepare();
    peer.room = (uint32_t)legs;
    peer.legs = calloc(peer.room, sizeof *peer.legs);
    memset(peer.by_port, -1, sizeof peer.by_port);
    if (peer.legs == NULL || sockets_open(&peer.sockets, (int)sockets) != 0) {
        perror("rtp_peer");
        return 1;
    }
    printf("[");
    for (int index = 0; index < peer.sockets.count; index++)
        printf("%s%u", index ? "," : "", peer.sockets.ports[index]);
    printf("]\n");
    fflush(stdout);
    run();
    return 0;
}
