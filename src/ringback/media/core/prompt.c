#include "prompt.h"

#include <stdlib.h>
#include <string.h>

struct rb_prompt *rb_prompt_new(const struct rb_encoding encodings[RB_CODECS])
{
    size_t size = 0;
    for (size_t index = 0; index < RB_CODECS; index++)
        size += encodings[index].size;
    struct rb_prompt *prompt = calloc(1, sizeof *prompt + size);
    if (!prompt)
        return NULL;
    prompt->users = 1;
    uint8_t *room = (uint8_t *)(prompt + 1);
    for (size_t index = 0; index < RB_CODECS; index++) {
        if (!encodings[index].octets)
            continue;
        if (encodings[index].size)
            memcpy(room, encodings[index].octets, encodings[index].size);
        prompt->encodings[index].octets = room;
        prompt->encodings[index].size = encodings[index].size;
        room += encodings[index].size;
    }
    return prompt;
}

struct rb_prompt *rb_prompt_keep(struct rb_prompt *prompt)
{
    prompt->users++;
    return prompt;
}

void rb_prompt_release(struct rb_prompt *prompt)
{
    if (--prompt->users == 0)
        free(prompt);
}

/* Gives the codec whose octets stand for `codec`: itself, else the other law. */
static enum rb_codec source(const struct rb_prompt *prompt, enum rb_codec codec)
{
    if (prompt->encodings[rb_codec_index(codec)].octets || codec == RB_G722)
        return codec;
    return codec == RB_PCMU ? RB_PCMA : RB_PCMU;
}

size_t rb_prompt_size(const struct rb_prompt *prompt, enum rb_codec codec)
{
    return prompt->encodings[rb_codec_index(source(prompt, codec))].size;
}

void rb_prompt_read(const struct rb_prompt *prompt, enum rb_codec codec, size_t position, uint8_t *octets, size_t count)
{
    enum rb_codec from = source(prompt, codec);
    const uint8_t *at = prompt->encodings[rb_codec_index(from)].octets + position;
    if (from == codec)
        memcpy(octets, at, count);
    else
        rb_codec_convert(rb_codec_table(from, codec), at, octets, count);
}
