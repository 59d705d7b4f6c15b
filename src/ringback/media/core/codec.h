/* The codecs that a leg can speak. Each is 8 octets a millisecond, so that a prompt has one position in all of them:
 * G.722 halves 16 kHz to 8000 octets a second, and its timestamps count at 8 kHz (RFC 3551, section 4.5.2). */
#ifndef RB_CODEC_H
#define RB_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* By their static RTP payload types (RFC 3551, section 6). */
enum rb_codec { RB_PCMU = 0, RB_PCMA = 8, RB_G722 = 9, RB_NO_CODEC = 0xFF };

#define RB_CODECS 3

/* Gives the place of a codec in tables of RB_CODECS; it must be one. */
static inline size_t rb_codec_index(enum rb_codec codec)
{
    return codec == RB_PCMU ? 0 : codec == RB_PCMA ? 1 : 2;
}

/* Gives the octet that is silence when it is repeated.
 * G.722: constant octets settle to a constant sample, 0xFF to one below -55 dBFS, whatever was heard before. */
static inline uint8_t rb_codec_silence(enum rb_codec codec)
{
    return codec == RB_PCMA ? 0xD5 : 0xFF;
}

/* Gives the table from one codec's octets to another's; NULL where there is none, or none is needed. */
const uint8_t *rb_codec_table(enum rb_codec from, enum rb_codec to);

/* Copies octets of one codec as those of another, between which there is a table. */
void rb_codec_convert(const uint8_t table[256], const uint8_t *from, uint8_t *to, size_t count);

#endif
