#include "reporting.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "chance.h"
#include "clock.h"
#include "srtp.h"

#define INTERVAL (5 * RB_SECOND) /* on average (section 6.2) */
#define NTP_EPOCH 2208988800u    /* seconds from 1900 to 1970 (section 4) */
#define LAST_PORT 65535

void rb_reporting_init(struct rb_reporting *reporting, int socket)
{
    static const char hex[] = "0123456789abcdef";
    *reporting = (struct rb_reporting){.socket = socket};
    uint8_t random[RB_CNAME];
    rb_chance_fill(random, sizeof random);
    for (int at = 0; at < RB_CNAME; at++)
        reporting->cname[at] = hex[random[at] & 15];
}

void rb_reporting_begin(struct rb_reporting *reporting, int64_t now_ns, uint64_t *chance)
{
    reporting->due_ns = now_ns + rb_chance_between(chance, INTERVAL / 10, INTERVAL / 2);
}

/* Gives the 64-bit NTP time: seconds since 1900 and their fraction (section 4). */
static uint64_t ntp_now(void)
{
    int64_t now_ns = rb_read_clock(CLOCK_REALTIME);
    uint64_t fraction = ((uint64_t)(now_ns % RB_SECOND) << 32) / (uint64_t)RB_SECOND;
    return ((uint64_t)(now_ns / RB_SECOND) + NTP_EPOCH) << 32 | fraction;
}

/*  we --SR, NTP time t--> far end --its delay--> report block(t, delay) --> we: now - delay - t  (section 6.4.1) */
static void measure(struct rb_reporting *reporting, const struct rb_report_block *block)
{
    reporting->reported_lost = block->lost;
    reporting->reported_jitter = block->jitter;
    if (block->last_report == 0)
        return;
    int32_t trip = (int32_t)((uint32_t)(ntp_now() >> 16) - block->delay - block->last_report);
    if (trip >= 0) /* else the far end's clock is wrong, not ours */
        reporting->round_trip_ns = trip * RB_SECOND / 65536;
}

void rb_reporting_take(struct rb_reporting *reporting, const struct rb_outgoing *outgoing, const uint8_t *data,
                       size_t size, const struct sockaddr_in *source, int64_t now_ns)
{
    struct rb_rtcp heard;
    if (!rb_rtcp_parse(data, size, outgoing->ssrc, &heard))
        return;
    reporting->sourced = true;
    reporting->source = *source;
    if (heard.has_sender_report) {
        reporting->last_report = heard.middle;
        reporting->last_report_ns = now_ns;
    }
    if (heard.has_block)
        measure(reporting, &heard.block);
}

/* Gives where reports go: to where the far end's came from, else to the port above its RTP. */
static bool find_target(const struct rb_reporting *reporting, const struct rb_outgoing *outgoing,
                        struct sockaddr_in *target)
{
    if (!outgoing->aimed)
        return false;
    *target = outgoing->target;
    if (reporting->sourced && reporting->source.sin_addr.s_addr == target->sin_addr.s_addr) {
        target->sin_port = reporting->source.sin_port;
        return true;
    }
    uint16_t port = ntohs(target->sin_port);
    target->sin_port = htons((uint16_t)(port + 1));
    return port < LAST_PORT;
}

static void send_report(struct rb_reporting *reporting, const struct rb_outgoing *outgoing,
                        struct rb_reception *reception, bool goodbye, int64_t now_ns)
{
    struct sockaddr_in target;
    if (!find_target(reporting, outgoing, &target))
        return;
    struct rb_report report = {
        .ssrc = outgoing->ssrc,
        .sends = outgoing->packets > outgoing->packets_before,
        .ntp_time = ntp_now(),
        .timestamp = outgoing->timestamp,
        .packets = (uint32_t)(outgoing->packets - outgoing->packets_before),
        .octets = (uint32_t)(outgoing->octets - outgoing->octets_before),
        .has_block = reception->begun,
        .goodbye = goodbye,
    };
    memcpy(report.cname, reporting->cname, RB_CNAME);
    if (report.has_block) {
        report.block = rb_reception_interval(reception);
        report.block.last_report = reporting->last_report;
        if (reporting->last_report) {
            int64_t since = (now_ns - reporting->last_report_ns) / RB_MS * 65536 / 1000;
            report.block.delay = since > UINT32_MAX ? UINT32_MAX : (uint32_t)since;
        }
    }
    _Alignas(4) uint8_t data[RB_RTCP_BUILT + RB_SRTCP_TRAILER];
    size_t size = rb_rtcp_build(data, &report);
    if (outgoing->srtp && rb_srtp_protect_rtcp(outgoing->srtp, data, &size, sizeof data) != 0)
        return;
    ssize_t went = sendto(reporting->socket, data, size, MSG_DONTWAIT | MSG_NOSIGNAL,
                          (const struct sockaddr *)&target, sizeof target);
    (void)went; /* lost like any other report */
}

void rb_reporting_report(struct rb_reporting *reporting, const struct rb_outgoing *outgoing,
                         struct rb_reception *reception, int64_t now_ns, uint64_t *chance)
{
    if (reporting->due_ns == 0 || now_ns < reporting->due_ns)
        return;
    reporting->due_ns = now_ns + rb_chance_between(chance, INTERVAL / 10 * 8, INTERVAL / 10 * 12);
    send_report(reporting, outgoing, reception, false, now_ns);
}

void rb_reporting_leave(struct rb_reporting *reporting, const struct rb_outgoing *outgoing,
                        struct rb_reception *reception, int64_t now_ns)
{
    if (outgoing->packets > outgoing->packets_before)
        send_report(reporting, outgoing, reception, true, now_ns);
}
