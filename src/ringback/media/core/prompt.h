/* A prompt: sound encoded once for every codec that it is played in, never changed, freed with its last user. */
#ifndef RB_PROMPT_H
#define RB_PROMPT_H

#include <stddef.h>
#include <stdint.h>

#include "codec.h"

struct rb_prompt {
    uint32_t users; /* of the media thread alone */
    struct {
        const uint8_t *octets; /* NULL where it is not encoded so */
        size_t size;
    } encodings[RB_CODECS];
};

/* What one encoding is made of. */
struct rb_encoding {
    const void *octets; /* NULL: there is none */
    size_t size;
};

/* Copies the encodings into a prompt with one user; NULL where there is no memory. */
struct rb_prompt *rb_prompt_new(const struct rb_encoding encodings[RB_CODECS]);

struct rb_prompt *rb_prompt_keep(struct rb_prompt *prompt);

/* Frees it where this was its last user. */
void rb_prompt_release(struct rb_prompt *prompt);

/* Gives how many octets there are in a codec. One that came in PCMU or PCMA alone has both. */
size_t rb_prompt_size(const struct rb_prompt *prompt, enum rb_codec codec);

/* Copies `count` octets from `position` on; they must be there. */
void rb_prompt_read(const struct rb_prompt *prompt, enum rb_codec codec, size_t position, uint8_t *octets, size_t count);

#endif
