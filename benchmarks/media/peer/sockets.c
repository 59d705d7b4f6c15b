#include "sockets.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 16 << 20, TRIES = 200, CONTROL = 64 };

struct batch {
    int filled;
    struct sockaddr_in to[SOCKETS_BATCH];
    uint8_t bytes[SOCKETS_BATCH][SOCKETS_PACKET];
    struct iovec parts[SOCKETS_BATCH];
    struct mmsghdr messages[SOCKETS_BATCH];
};

static struct batch outgoing[SOCKETS_MAX];

static int opened(uint16_t port)
{
    int made = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (made < 0)
        return -1;
    int size = BUFFER, on = 1;
    if (setsockopt(made, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
        setsockopt(made, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (setsockopt(made, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) != 0)
        setsockopt(made, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    setsockopt(made, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    setsockopt(made, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(made, (struct sockaddr *)&address, sizeof address) == 0)
        return made;
    close(made);
    return -1;
}

static int open_pair(struct sockets *sockets, int index)
{
    for (int tries = 0; tries < TRIES; tries++) {
        struct sockaddr_in address;
        socklen_t size = sizeof address;
        int rtp = opened(0);
        if (rtp < 0)
            return -1;
        getsockname(rtp, (struct sockaddr *)&address, &size);
        uint16_t port = ntohs(address.sin_port);
        int rtcp = port % 2 ? -1 : opened((uint16_t)(port + 1));
        if (rtcp >= 0) {
            sockets->rtp[index] = rtp;
            sockets->rtcp[index] = rtcp;
            sockets->ports[index] = port;
            return 0;
        }
        close(rtp);
    }
    return -1;
}

int sockets_open(struct sockets *sockets, int count)
{
    memset(sockets, 0, sizeof *sockets);
    for (sockets->count = 0; sockets->count < count; sockets->count++)
        if (open_pair(sockets, sockets->count) != 0)
            return -1;
    for (int index = 0; index < count; index++) {
        struct batch *batch = &outgoing[index];
        for (int at = 0; at < SOCKETS_BATCH; at++) {
            batch->parts[at].iov_base = batch->bytes[at];
            batch->messages[at].msg_hdr = (struct msghdr){
                .msg_name = &batch->to[at], .msg_namelen = sizeof batch->to[at],
                .msg_iov = &batch->parts[at], .msg_iovlen = 1};
        }
    }
    return 0;
}

static int64_t read_control(struct msghdr *message, uint32_t *overflowed)
{
    int64_t at_ns = 0;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level != SOL_SOCKET)
            continue;
        if (part->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec time;
            memcpy(&time, CMSG_DATA(part), sizeof time);
            at_ns = time.tv_sec * 1000000000LL + time.tv_nsec;
        } else if (part->cmsg_type == SO_RXQ_OVFL) {
            memcpy(overflowed, CMSG_DATA(part), sizeof *overflowed);
        }
    }
    return at_ns;
}

int sockets_receive(struct sockets *sockets, int index, struct arrival arrivals[SOCKETS_BATCH])
{
    static uint8_t bytes[SOCKETS_BATCH][SOCKETS_PACKET];
    static _Alignas(struct cmsghdr) uint8_t control[SOCKETS_BATCH][CONTROL];
    struct iovec parts[SOCKETS_BATCH];
    struct mmsghdr messages[SOCKETS_BATCH];
    for (int at = 0; at < SOCKETS_BATCH; at++) {
        parts[at] = (struct iovec){bytes[at], SOCKETS_PACKET};
        messages[at].msg_hdr = (struct msghdr){
            .msg_name = &arrivals[at].source, .msg_namelen = sizeof arrivals[at].source,
            .msg_iov = &parts[at], .msg_iovlen = 1,
            .msg_control = control[at], .msg_controllen = CONTROL};
    }
    int count = recvmmsg(sockets->rtp[index], messages, SOCKETS_BATCH, MSG_DONTWAIT, NULL);
    for (int at = 0; at < count; at++) {
        arrivals[at].bytes = bytes[at];
        arrivals[at].size = messages[at].msg_len;
        arrivals[at].at_ns = read_control(&messages[at].msg_hdr, &sockets->overflowed[index]);
    }
    return count > 0 ? count : 0;
}

size_t sockets_receive_report(struct sockets *sockets, int index, uint8_t bytes[SOCKETS_PACKET],
                              struct sockaddr_in *source)
{
    socklen_t size = sizeof *source;
    ssize_t got =
        recvfrom(sockets->rtcp[index], bytes, SOCKETS_PACKET, MSG_DONTWAIT, (struct sockaddr *)source, &size);
    return got > 0 ? (size_t)got : 0;
}

static void flush(struct sockets *sockets, int index)
{
    struct batch *batch = &outgoing[index];
    for (int at = 0; at < batch->filled;) {
        int gone = sendmmsg(sockets->rtp[index], batch->messages + at, (unsigned)(batch->filled - at), 0);
        if (gone > 0)
            sockets->sent += (uint64_t)gone;
        else
            sockets->unsent++;
        at += gone > 0 ? gone : 1;
    }
    batch->filled = 0;
}

uint8_t *sockets_room(struct sockets *sockets, int index, const struct sockaddr_in *to)
{
    struct batch *batch = &outgoing[index];
    if (batch->filled == SOCKETS_BATCH)
        flush(sockets, index);
    batch->to[batch->filled] = *to;
    return batch->bytes[batch->filled];
}

void sockets_fill(int index, size_t size)
{
    outgoing[index].parts[outgoing[index].filled++].iov_len = size;
}

void sockets_flush(struct sockets *sockets)
{
    for (int index = 0; index < sockets->count; index++)
        if (outgoing[index].filled)
            flush(sockets, index);
}

uint64_t sockets_overflowed(const struct sockets *sockets)
{
    uint64_t sum = 0;
    for (int index = 0; index < sockets->count; index++)
        sum += sockets->overflowed[index];
    return sum;
}
