#include "ear.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "clock.h"
#include "leg.h"
#include "rtp.h"

bool rb_ear_open(struct rb_ear *ear, int epoll)
{
    const int on = 1;
    struct epoll_event heard = {.events = EPOLLIN, .data.ptr = ear};
    setsockopt(ear->socket, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on); /* else the time of reading stands in */
    return epoll_ctl(epoll, EPOLL_CTL_ADD, ear->socket, &heard) == 0;
}

/* Gives when a packet came, of the kernel's note of it; the time of reading where there is none. */
static int64_t arrival(struct msghdr *message, int64_t real_minus_monotonic_ns, int64_t now_ns)
{
    for (struct cmsghdr *note = CMSG_FIRSTHDR(message); note; note = CMSG_NXTHDR(message, note)) {
        if (note->cmsg_level != SOL_SOCKET || note->cmsg_type != SCM_TIMESTAMPNS)
            continue;
        struct timespec came;
        memcpy(&came, CMSG_DATA(note), sizeof came);
        int64_t came_ns = rb_ns(came) - real_minus_monotonic_ns;
        if (came_ns <= now_ns && now_ns - came_ns < RB_SECOND) /* else the wall clock was set meanwhile */
            return came_ns;
    }
    return now_ns;
}

void rb_ear_read(struct rb_ear *ear, int64_t real_minus_monotonic_ns, int64_t now_ns)
{
    _Alignas(4) uint8_t data[RB_RTP_MAX + 1];
    struct sockaddr_in source;
    struct iovec room = {data, sizeof data};
    _Alignas(struct cmsghdr) char note[CMSG_SPACE(sizeof(struct timespec))];
    struct msghdr message = {
        .msg_name = &source,
        .msg_namelen = sizeof source,
        .msg_iov = &room,
        .msg_iovlen = 1,
        .msg_control = note,
        .msg_controllen = sizeof note,
    };
    ssize_t size = recvmsg(ear->socket, &message, MSG_DONTWAIT);
    if (size < 0)
        return; /* nothing there, or an ICMP refusal of what we sent */
    int64_t came_ns = arrival(&message, real_minus_monotonic_ns, now_ns);
    if (ear->reports)
        rb_leg_hear_report(ear->leg, data, (size_t)size, &source, came_ns);
    else
        rb_leg_hear(ear->leg, data, (size_t)size, &source, came_ns);
}
