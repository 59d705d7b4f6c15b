/* The engine as a Python type: what it takes is checked by `ringback.media.core.CoreEngine`, what it gives are tuples. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "g711.h"
#include "prompt.h"
#include "tap.h"

#define TAKEN 256 /* events of one call */

typedef struct {
    PyObject_HEAD
    struct rb_engine *engine;
} Core;

static PyObject *commands_full; /* the exception */

static PyObject *core_new(PyTypeObject *type, PyObject *arguments, PyObject *names)
{
    (void)names;
    if (!PyArg_ParseTuple(arguments, ""))
        return NULL;
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Core *core = (Core *)allocate(type, 0);
    if (!core)
        return NULL;
    core->engine = rb_engine_new();
    if (!core->engine) {
        PyErr_SetFromErrno(PyExc_OSError);
        Py_DECREF(core);
        return NULL;
    }
    return (PyObject *)core;
}

static void core_dealloc(PyObject *self)
{
    Core *core = (Core *)self;
    PyTypeObject *type = Py_TYPE(self);
    if (core->engine) {
        Py_BEGIN_ALLOW_THREADS
        rb_engine_free(core->engine);
        Py_END_ALLOW_THREADS
    }
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
}

static struct rb_engine *engine_of(PyObject *self)
{
    return ((Core *)self)->engine;
}

static PyObject *core_start(PyObject *self, PyObject *nothing)
{
    (void)nothing;
    int fault = rb_engine_start(engine_of(self));
    if (fault) {
        errno = fault;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    Py_RETURN_NONE;
}

static PyObject *core_stop(PyObject *self, PyObject *nothing)
{
    (void)nothing;
    Py_BEGIN_ALLOW_THREADS
    rb_engine_stop(engine_of(self));
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

static PyObject *core_fileno(PyObject *self, PyObject *nothing)
{
    (void)nothing;
    return PyLong_FromLong(engine_of(self)->events.wake);
}

/* -- commands */

static bool post_all(PyObject *self, const struct rb_command *commands, size_t count)
{
    if (rb_commands_post(&engine_of(self)->commands, commands, count))
        return true;
    PyErr_SetString(commands_full, "the media engine has more commands to obey than it can hold");
    return false;
}

static PyObject *post(PyObject *self, const struct rb_command *command)
{
    if (!post_all(self, command, 1))
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *core_open(PyObject *self, PyObject *arguments)
{
    struct rb_command command = {.kind = RB_OPEN};
    long long silence_ns;
    if (!PyArg_ParseTuple(arguments, "IiiL", &command.number, &command.open.rtp, &command.open.rtcp, &silence_ns))
        return NULL;
    command.open.silence_after_ns = silence_ns;
    return post(self, &command);
}

static PyObject *core_connect(PyObject *self, PyObject *arguments)
{
    struct rb_command command = {.kind = RB_CONNECT};
    struct rb_remote *remote = &command.remote;
    const char *host;
    unsigned short port, codec, payload_type, packet_ms;
    short event_payload_type;
    int send, inband_digits;
    if (!PyArg_ParseTuple(arguments, "IsHHHhHpp", &command.number, &host, &port, &codec, &payload_type,
                          &event_payload_type, &packet_ms, &send, &inband_digits))
        return NULL;
    remote->address.sin_family = AF_INET;
    remote->address.sin_port = htons(port);
    if (inet_pton(AF_INET, host, &remote->address.sin_addr) != 1) {
        PyErr_Format(PyExc_ValueError, "%s is no IPv4 address", host);
        return NULL;
    }
    remote->codec = (enum rb_codec)codec;
    remote->payload_type = (uint8_t)payload_type;
    remote->event_payload_type = event_payload_type;
    remote->packet_ms = (uint8_t)packet_ms;
    remote->send = send;
    remote->inband_digits = inband_digits;
    return post(self, &command);
}

static PyObject *core_secure(PyObject *self, PyObject *arguments)
{
    struct rb_command command = {.kind = RB_SECURE};
    const char *send_key, *receive_key;
    Py_ssize_t send_size, receive_size;
    if (!PyArg_ParseTuple(arguments, "Iiy#y#", &command.number, &command.keys.suite, &send_key, &send_size, &receive_key,
                          &receive_size))
        return NULL;
    if (send_size != RB_SRTP_KEY || receive_size != RB_SRTP_KEY) {
        PyErr_Format(PyExc_ValueError, "the keys of SRTP have %d bytes", RB_SRTP_KEY);
        return NULL;
    }
    memcpy(command.keys.send, send_key, RB_SRTP_KEY);
    memcpy(command.keys.receive, receive_key, RB_SRTP_KEY);
    return post(self, &command);
}

static PyObject *core_register(PyObject *self, PyObject *arguments)
{
    struct rb_command command = {.kind = RB_REGISTER};
    struct rb_encoding encodings[RB_CODECS] = {0};
    Py_ssize_t sizes[RB_CODECS] = {0};
    const char *octets[RB_CODECS] = {0};
    if (!PyArg_ParseTuple(arguments, "Iz#z#z#", &command.number, &octets[0], &sizes[0], &octets[1], &sizes[1],
                          &octets[2], &sizes[2]))
        return NULL;
    for (size_t at = 0; at < RB_CODECS; at++)
        encodings[at] = (struct rb_encoding){octets[at], (size_t)sizes[at]};
    Py_BEGIN_ALLOW_THREADS
    command.prompt = rb_prompt_new(encodings);
    Py_END_ALLOW_THREADS
    if (!command.prompt)
        return PyErr_NoMemory();
    PyObject *posted = post(self, &command);
    if (!posted)
        rb_prompt_release(command.prompt);
    return posted;
}

static PyObject *core_play(PyObject *self, PyObject *arguments)
{
    struct rb_command command = {.kind = RB_PLAY};
    if (!PyArg_ParseTuple(arguments, "IIII", &command.number, &command.play.play, &command.play.prompt,
                          &command.play.repetitions))
        return NULL;
    return post(self, &command);
}

static PyObject *core_press(PyObject *self, PyObject *arguments)
{
    enum { AT_ONCE = 16 };
    struct rb_command commands[AT_ONCE];
    unsigned int number;
    const char *digits;
    Py_ssize_t size;
    if (!PyArg_ParseTuple(arguments, "Is#", &number, &digits, &size))
        return NULL;
    size_t count = 0;
    for (Py_ssize_t at = 0; at < size && count < AT_ONCE; count++) {
        struct rb_command *command = &commands[count];
        *command = (struct rb_command){.kind = RB_PRESS, .number = number};
        for (size_t to = 0; to < sizeof command->digits && at < size; to++)
            command->digits[to] = digits[at++];
    }
    if (!post_all(self, commands, count))
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *core_bridge(PyObject *self, PyObject *arguments)
{
    struct rb_command command = {.kind = RB_BRIDGE};
    if (!PyArg_ParseTuple(arguments, "II", &command.number, &command.other))
        return NULL;
    return post(self, &command);
}

/* Posts a command that is a number alone. */
static PyObject *post_number(PyObject *self, PyObject *arguments, enum rb_command_kind kind)
{
    struct rb_command command = {.kind = kind};
    if (!PyArg_ParseTuple(arguments, "I", &command.number))
        return NULL;
    return post(self, &command);
}

static PyObject *core_forget(PyObject *self, PyObject *arguments)
{
    return post_number(self, arguments, RB_FORGET);
}

static PyObject *core_stop_play(PyObject *self, PyObject *arguments)
{
    return post_number(self, arguments, RB_STOP_PLAY);
}

static PyObject *core_unsecure(PyObject *self, PyObject *arguments)
{
    return post_number(self, arguments, RB_UNSECURE);
}

static PyObject *core_unbridge(PyObject *self, PyObject *arguments)
{
    return post_number(self, arguments, RB_UNBRIDGE);
}

static PyObject *core_close(PyObject *self, PyObject *arguments)
{
    return post_number(self, arguments, RB_CLOSE);
}

static PyObject *core_tap(PyObject *self, PyObject *arguments)
{
    struct rb_command command = {.kind = RB_TAP};
    struct rb_tap_end *end;
    const char *path;
    int keep_payload;
    if (!PyArg_ParseTuple(arguments, "Iyp", &command.number, &path, &keep_payload))
        return NULL;
    command.tap = rb_taps_open(&engine_of(self)->taps, command.number, path, keep_payload, &end);
    if (!command.tap)
        return PyErr_NoMemory();
    PyObject *posted = post(self, &command);
    if (!posted) {
        end->forgotten = true;
        rb_tap_close(command.tap);
    }
    return posted;
}

/* -- events */

static PyObject *figures(const struct rb_statistics *all)
{
    if (!all)
        Py_RETURN_NONE; /* the leg never came to be */
    return Py_BuildValue("KKKKKKKKddLLLLdLd", (unsigned long long)all->packets_sent,
                         (unsigned long long)all->octets_sent, (unsigned long long)all->packets_received,
                         (unsigned long long)all->octets_received, (unsigned long long)all->packets_lost,
                         (unsigned long long)all->packets_out_of_order, (unsigned long long)all->packets_foreign,
                         (unsigned long long)all->packets_malformed, all->jitter_ms, all->largest_gap_ms,
                         (long long)all->first_packet_sent_ns, (long long)all->first_packet_received_ns,
                         (long long)all->last_packet_sent_ns, (long long)all->last_packet_received_ns,
                         all->round_trip_ms, (long long)all->reported_lost, all->reported_jitter_ms);
}

/* Makes (kind, leg, when, what) of an event and frees it. */
static PyObject *event_tuple(const struct rb_event *event)
{
    char host[INET_ADDRSTRLEN];
    PyObject *what = NULL;
    switch (event->kind) {
    case RB_DIGIT:
        what = PyUnicode_FromStringAndSize(&event->digit, 1);
        break;
    case RB_PLAY_DONE:
        what = PyLong_FromUnsignedLong(event->play);
        break;
    case RB_LATCHED:
        inet_ntop(AF_INET, &event->source.sin_addr, host, sizeof host);
        what = Py_BuildValue("si", host, (int)ntohs(event->source.sin_port));
        break;
    case RB_SILENCE:
        what = Py_NewRef(Py_None);
        break;
    case RB_LEG_CLOSED:
        what = figures(event->statistics);
        free(event->statistics);
        break;
    }
    return what ? Py_BuildValue("iILN", (int)event->kind, event->leg, (long long)event->at_ns, what) : NULL;
}

static PyObject *core_take(PyObject *self, PyObject *nothing)
{
    (void)nothing;
    struct rb_event events[TAKEN];
    size_t count = rb_engine_take(engine_of(self), events, TAKEN);
    PyObject *taken = PyList_New((Py_ssize_t)count);
    for (size_t at = 0; at < count; at++) {
        PyObject *event = event_tuple(&events[at]);
        if (!event || !taken || PyList_SetItem(taken, (Py_ssize_t)at, event) < 0) {
            Py_XDECREF(taken); /* there is no memory: the process is lost anyway */
            return PyErr_Occurred() ? NULL : PyErr_NoMemory();
        }
    }
    return taken;
}

/* Gives (leg, path, packets, dropped, fault, when) of a tap whose file is complete, None where there is none. */
static PyObject *core_take_tap(PyObject *self, PyObject *nothing)
{
    (void)nothing;
    struct rb_tap_end *end = rb_taps_take(&engine_of(self)->taps);
    if (!end)
        Py_RETURN_NONE;
    PyObject *taken = Py_BuildValue("IyKKsL", end->leg, end->path, (unsigned long long)end->packets,
                                    (unsigned long long)end->dropped, end->fault, (long long)end->at_ns);
    free(end);
    return taken;
}

static PyMethodDef methods[] = {
    {"start", core_start, METH_NOARGS, NULL},
    {"stop", core_stop, METH_NOARGS, NULL},
    {"fileno", core_fileno, METH_NOARGS, NULL},
    {"open", core_open, METH_VARARGS, NULL},
    {"connect", core_connect, METH_VARARGS, NULL},
    {"secure", core_secure, METH_VARARGS, NULL},
    {"unsecure", core_unsecure, METH_VARARGS, NULL},
    {"register", core_register, METH_VARARGS, NULL},
    {"forget", core_forget, METH_VARARGS, NULL},
    {"play", core_play, METH_VARARGS, NULL},
    {"stop_play", core_stop_play, METH_VARARGS, NULL},
    {"press", core_press, METH_VARARGS, NULL},
    {"bridge", core_bridge, METH_VARARGS, NULL},
    {"unbridge", core_unbridge, METH_VARARGS, NULL},
    {"tap", core_tap, METH_VARARGS, NULL},
    {"close", core_close, METH_VARARGS, NULL},
    {"take", core_take, METH_NOARGS, NULL},
    {"take_tap", core_take_tap, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot core_slots[] = {
    {Py_tp_new, core_new},
    {Py_tp_dealloc, core_dealloc},
    {Py_tp_methods, methods},
    {Py_tp_doc, "A media thread."},
    {0, NULL},
};

static PyType_Spec core_spec = {
    .name = "ringback.media.core._core.Core",
    .basicsize = sizeof(Core),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = core_slots,
};

static int execute(PyObject *module)
{
    rb_g711_init();
    commands_full = PyErr_NewException("ringback.media.core._core.CommandsFull", PyExc_RuntimeError, NULL);
    PyObject *type = PyType_FromSpec(&core_spec);
    if (!commands_full || !type)
        return -1;
    if (PyModule_AddObjectRef(module, "CommandsFull", commands_full) < 0)
        return -1;
    int added = PyModule_AddObjectRef(module, "Core", type);
    Py_DECREF(type);
    return added;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, execute},
    {0, NULL},
};

static struct PyModuleDef module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "_core",
    .m_doc = "The media engine in C.",
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__core(void)
{
    return PyModuleDef_Init(&module);
}
