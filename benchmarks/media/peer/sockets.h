/* The peer's sockets: pairs for RTP and RTCP that all legs share, so that it costs a fraction of what it measures. */
#ifndef SOCKETS_H
#define SOCKETS_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
    SOCKETS_MAX = 16,
    SOCKETS_BATCH = 64,
    SOCKETS_PACKET = 512,
};

struct sockets {
    int count;
    int rtp[SOCKETS_MAX], rtcp[SOCKETS_MAX];
    uint16_t ports[SOCKETS_MAX];        /* of RTP, even; RTCP has the next one */
    uint32_t overflowed[SOCKETS_MAX];   /* packets that each dropped because its buffer was full (SO_RXQ_OVFL) */
    uint64_t sent, unsent;
};

/* A packet that was received; valid until the next call. */
struct arrival {
    const uint8_t *bytes;
    size_t size;
    struct sockaddr_in source;
    int64_t at_ns; /* CLOCK_REALTIME of the kernel */
};

/* Binds `count` pairs on 127.0.0.1; gives -1 where it cannot. */
int sockets_open(struct sockets *sockets, int count);

/* Gives how many packets were waiting on a pair, at most SOCKETS_BATCH. */
int sockets_receive(struct sockets *sockets, int index, struct arrival arrivals[SOCKETS_BATCH]);

/* Gives an RTCP packet, or 0 where none waits. */
size_t sockets_receive_report(struct sockets *sockets, int index, uint8_t bytes[SOCKETS_PACKET],
                              struct sockaddr_in *source);

/* Room for an RTP packet to `to`; what is in it leaves with the next flush, or when the batch is full. */
uint8_t *sockets_room(struct sockets *sockets, int index, const struct sockaddr_in *to);
void sockets_fill(int index, size_t size);
void sockets_flush(struct sockets *sockets);

/* Packets that were dropped unread so far, in all. */
uint64_t sockets_overflowed(const struct sockets *sockets);

#endif
