/*
 * micro.h: handlers for micro, written in C.
 *
 * A service is declared in a `.micro` file; its logic is functions of modules. A module is a shared
 * library, and all that it has to say of itself is one variable, `micro_module`. This is a whole
 * one, `clock.c`:
 *
 * ```c
 * #include <stdio.h>
 * #include <time.h>
 *
 * #include "micro.h"
 *
 * static uint32_t hour(const void *data, void *state, const MicroRequest *request,
 *                      MicroAnswer *answer, MicroFuture *future)
 * {
 *     const MicroValue *plus = micro_argument(request, "plus");
 *     int64_t more = 0;
 *     char text[32];
 *
 *     (void)data, (void)state, (void)future;
 *     if (micro_value_is_given(plus) && !micro_value_int(request, plus, &more))
 *         return micro_answer_problem(answer, 400, MICRO_TEXT("`plus` is not a number"));
 *     snprintf(text, sizeof text, "%d", (int)((time(NULL) / 3600 + more % 24 + 24) % 24));
 *     return micro_answer_text(answer, 200, micro_text(text));
 * }
 *
 * MICRO_MODULE("clock", "1.0.0",
 *              MICRO_HANDLER("hour", hour, "Tells the hour, UTC"));
 * ```
 *
 * It is built with `cc -shared -fPIC -I handlers/api/include -o libclock.so clock.c`, and called by
 *
 * ```micro
 * SERVER watch 12345
 *   ROUTE /hour$
 *     GET clock.hour
 *       CONTENT plus type=int is_required=false
 * ```
 *
 * The life of a module
 *
 * 1. The library `lib<name>.so` is found. Its `micro_module` is looked at in the file, before any
 *    of the library's code runs: the version of this header, the sizes of structures, the names of
 *    functions and the arguments that they say they read are compared with the program and with the
 *    definition. What does not fit is told at the line of the definition, and nothing is served.
 * 2. The library is loaded. It stays for the life of the process.
 * 3. `open` is called, once for each service: it reads settings and makes a state, which all other
 *    functions get as `state`. A module without state leaves it out.
 * 4. Jobs (SETUP) run, the service listens, and handlers, wrappers, converters (ARG, CONTENT), jobs
 *    (TASK) and turn functions (USER) are called, all of them on one thread: that of the loop. A
 *    state needs no lock, and a function that waits keeps everybody waiting.
 * 5. At the end come jobs (TEARDOWN), and `close` gets the state that `open` has made, when nothing
 *    uses it any more: no function, future or task is at work, and what was attached to requests is
 *    dropped. Blocking work and contents of answers may outlive it, and bring all that they need.
 *
 * Answering
 *
 * A handler answers in one of three ways:
 *
 * - At once: it gives a reply to `answer` and returns MICRO_DONE. The functions `micro_answer_…`
 *   do both, so that a handler may end with `return micro_answer_text(…)`.
 * - Later, from any thread: it takes a MicroResponder with `micro_delay` and returns MICRO_DONE.
 *   The responder is used once, with a `micro_respond_…` or with `responder_drop`.
 * - Bit by bit: it fills in `future` and returns MICRO_PENDING. The loop polls the future, which
 *   answers when it can.
 *
 * A handler that does none of these is a 500 with an id, as is one that breaks its promise; the
 * peer never hangs. The second answer of one that answers twice is dropped, and the log says so.
 *
 * Calling other services
 *
 * A definition declares which services are called, with CONNECTION and RESOURCE. A handler fills in
 * a MicroCall, which `micro_call_of` does for the most part, and ends with
 * `return micro_call(request, &call, answered, data, answer, future);`, which polls the answer in
 * the handler's place: `answered` gets it, and answers the request with what it makes of it. Whether
 * the call has failed, and why, is in the answer: see `connection_call`, and `micro_call_failed`.
 * Whoever polls the future itself, to read a stream or to make several calls, does as `micro_call`
 * does: it is polled with the waker that the own `poll` gets, and with a MicroAnswer of one's own.
 *
 * A transform (MICRO_TRANSFORM) is what `code=`, `setup=` and `wrapper=` name: it gets JSON, and
 * answers with text or JSON.
 *
 * What holds for all of it
 *
 * - A text or a pointer that a function gets is valid until it returns, unless its line says more.
 *   What is handed to the program in a call has to be valid until that call returns.
 * - Nobody frees what the other side has allocated: what changes hands brings its own `release` or
 *   `drop`.
 * - Nothing unwinds across the border: no C++ exception and no longjmp leaves a function.
 * - Everything happens on the loop's thread, unless its line says «any thread». Other threads of a
 *   module may use a MicroResponder, a clone of a MicroWaker, and `log`; nothing else.
 * - A reserved field is 0. A number that gives yes or no is 1 or 0.
 * - Texts are UTF-8 and not ended by a NUL.
 *
 * The first part of this file is the border itself; `handlers/api/src/abi` says the same in Rust,
 * and a test compares the two. The second part, below CONVENIENCES, makes using it short. It is
 * C99, and C++ from C++11 on.
 */
#ifndef MICRO_H
#define MICRO_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the border. Both sides must have the same one. */
#define MICRO_ABI_VERSION 2u

/* The symbol under which a library has its MicroModule. */
#define MICRO_SYMBOL "micro_module"

/* The section that holds it, for tools that look for one. The program looks for the symbol, which it
 * finds in the file without running any of the library's code. */
#define MICRO_SECTION ".micro_module"

typedef struct MicroHost MicroHost;
typedef struct MicroRequest MicroRequest;
typedef struct MicroReply MicroReply;
typedef struct MicroWaker MicroWaker;
typedef struct MicroAnswer MicroAnswer;
typedef struct MicroReport MicroReport;
typedef struct MicroValueSink MicroValueSink;

/* UTF-8 text, not ended by a NUL. `data` may be null if there is none. */
typedef struct MicroText {
    const char *data; /* The first byte. */
    size_t length;    /* How many bytes there are. */
} MicroText;

/* Bytes of any kind. `data` may be null if there are none. */
typedef struct MicroBytes {
    const uint8_t *data; /* The first byte. */
    size_t length;       /* How many bytes there are. */
} MicroBytes;

/* ---- What a function sees of a request and of the configuration ---- */

/* A place in the bytes of a request. */
typedef struct MicroSpan {
    uint32_t start; /* Where it begins. */
    uint32_t end;   /* Where it has ended. */
} MicroSpan;

/* One header field. */
typedef struct MicroField {
    MicroSpan name;  /* The field's name, in the case in which it was sent. */
    MicroSpan value; /* The field's value, without blanks around it; it may not be UTF-8. */
} MicroField;

/* A value: that of an argument, or what a text was converted to. */
typedef struct MicroValue {
    /* What it is: one of the MICRO_VALUE_… numbers. */
    uint32_t kind;
    /* Reserved for the program; 0 in a value that a module makes. */
    uint32_t owner;
    /* The bits of a number: of an `int64_t`, `uint64_t` or `double`; 0 or 1; or the MicroSpan, its
     * start in the lower half. */
    uint64_t bits;
    /* The text of MICRO_VALUE_TEXT and MICRO_VALUE_JSON. */
    MicroText text;
} MicroValue;

#define MICRO_VALUE_ABSENT 0u /* It was not sent, need not be, and has no default. */
#define MICRO_VALUE_NULL 1u   /* JSON's null. */
#define MICRO_VALUE_BOOL 2u   /* True or false. */
#define MICRO_VALUE_INT 3u    /* A whole number that an `int64_t` holds. */
#define MICRO_VALUE_UINT 4u   /* A whole number beyond that, which a `uint64_t` holds. */
#define MICRO_VALUE_FLOAT 5u  /* Another number: finite. */
#define MICRO_VALUE_SPAN 6u   /* Text that stands in the request's bytes just as it is. */
#define MICRO_VALUE_TEXT 7u   /* Other text. */
#define MICRO_VALUE_JSON 8u   /* An array or object: its JSON. */

/* Where a conversion leaves its result: one of its functions is called once. */
struct MicroValueSink {
    /* Takes the value. The value's text is copied. */
    void (*take)(MicroValueSink *sink, const MicroValue *value);
    /* Takes the reason why there is none, which is told to the peer. */
    void (*refuse)(MicroValueSink *sink, MicroText reason);
    /* Takes the reason why the conversion itself has failed: the peer gets a 500, the log the
     * reason. */
    void (*fail)(MicroValueSink *sink, MicroText reason);
};

/* The address of a peer. */
typedef struct MicroPeer {
    uint32_t family;     /* 4 or 6. */
    uint32_t port;       /* The port. */
    uint8_t address[16]; /* The address in network order; of IPv4 the first 4 bytes. */
    uint32_t scope;      /* The scope of an IPv6 address. */
    uint32_t flow;       /* The flow information of an IPv6 address. */
} MicroPeer;

/* The settings of a service: an object of the program. */
typedef struct MicroConfig {
    const MicroHost *host; /* The functions for it. */
} MicroConfig;

/* What a wrapper wraps: an object of the program. */
typedef struct MicroNext {
    const MicroHost *host; /* The functions for it. */
} MicroNext;

/* An answer that was promised: an object of the program. Any thread may use it. */
typedef struct MicroResponder {
    const MicroHost *host; /* The functions for it. */
} MicroResponder;

/* A request. It is valid until the function returns that got it; `request_retain` keeps it longer.
 * Nothing in it changes, and it belongs to the loop's thread: what another thread needs of it is
 * copied out first, and `request_release` is called on the loop's thread. */
struct MicroRequest {
    /* The functions for it. */
    const MicroHost *host;
    /* The settings of the service. */
    const MicroConfig *config;
    /* The bytes of the message; places below are places in it. */
    const uint8_t *bytes;
    /* How many bytes there are. */
    size_t length;
    /* The header fields in the order in which they came. */
    const MicroField *headers;
    /* How many there are. */
    size_t header_count;
    /* The arguments: groups of the path first, then CONTENT lines. */
    const MicroValue *arguments;
    /* The names of the arguments. */
    const MicroText *names;
    /* How many arguments there are. */
    size_t argument_count;
    /* The target as it was sent. */
    MicroSpan target;
    /* The path of the target, percent-encoded. */
    MicroSpan path;
    /* The query of the target without its `?`, percent-encoded. */
    MicroSpan query;
    /* The content, with any transfer coding undone. */
    MicroSpan body;
    /* The method: its place among GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, counted from 0. */
    uint32_t method;
    /* Reserved, 0. */
    uint32_t reserved;
    /* The identity of the request: 16 hexadecimal digits. */
    uint8_t id[16];
};

/* ---- Answers and failures ---- */

/* Bytes that belong to whoever holds this. */
typedef struct MicroBuffer {
    /* The first byte. */
    uint8_t *data;
    /* How many bytes there are. */
    size_t length;
    /* For `release`. */
    size_t capacity;
    /* Frees the bytes; may be called on any thread. Null if nothing is to be freed. Whoever passes a
     * buffer on that has one, such as a wrapper, leaves `data` and `capacity` as they are. */
    void (*release)(uint8_t *data, size_t length, size_t capacity);
} MicroBuffer;

/* Content that comes piece by piece. */
typedef struct MicroStream {
    /* Handed to the functions. */
    void *data;
    /* The next piece: one of the MICRO_STREAM_… numbers. With MICRO_STREAM_PIECE the buffer is
     * filled in, with MICRO_STREAM_FAILED it has the reason as text; an empty one is
     * a cut that is wanted, and not logged as a failure. It is called on the loop's thread, perhaps
     * when the module is closed already, which a task that it spawns does not hold open either. */
    uint32_t (*poll)(void *data, const MicroWaker *waker, MicroBuffer *piece);
    /* Called once, at the end or before it, on any thread. */
    void (*drop)(void *data);
    /* How many bytes there will be in all, if `has_length`. */
    uint64_t length;
    /* 1 if the length is known, else 0. */
    uint32_t has_length;
    /* Reserved, 0. */
    uint32_t reserved;
} MicroStream;

#define MICRO_STREAM_PENDING 0u /* Nothing yet; the waker will be woken. */
#define MICRO_STREAM_PIECE 1u   /* A piece. */
#define MICRO_STREAM_END 2u     /* There are no more. */
#define MICRO_STREAM_FAILED 3u  /* There should be more, and cannot be. */

/* The content of an answer. */
typedef struct MicroBody {
    /* Which of the others counts: one of the MICRO_BODY_… numbers. */
    uint32_t kind;
    /* Reserved, 0. */
    uint32_t reserved;
    /* The bytes of MICRO_BODY_STATIC, MICRO_BODY_COPY and MICRO_BODY_OWNED; the message of
     * MICRO_BODY_PROBLEM. */
    MicroBuffer buffer;
    /* The pieces of MICRO_BODY_STREAM. */
    MicroStream stream;
} MicroBody;

#define MICRO_BODY_EMPTY 0u   /* No content. */
#define MICRO_BODY_STATIC 1u  /* Bytes that stay valid for ever. */
#define MICRO_BODY_COPY 2u    /* Bytes that are to be copied. */
#define MICRO_BODY_OWNED 3u   /* Bytes that change hands, with their `release`. */
#define MICRO_BODY_PROBLEM 4u /* A failure: its message in UTF-8, told as `{"error": …, "id": …}`;
                               * it is copied. */
#define MICRO_BODY_STREAM 5u  /* Content that comes piece by piece. */

/* A header field of an answer. */
typedef struct MicroHeader {
    MicroText name;    /* Its name. */
    MicroText value;   /* Its value. */
    uint32_t flags;    /* MICRO_IS_STATIC if both stay valid for ever, else 0. */
    uint32_t reserved; /* Reserved, 0. */
} MicroHeader;

/* The texts stay valid for ever: they are part of the program or of a library, which is never
 * unloaded. */
#define MICRO_IS_STATIC 1u

/* An answer. Whoever takes it copies the texts, and owns the body from then on. */
struct MicroReply {
    /* The status, from 200 to 599. */
    uint32_t status;
    /* What it was made from, as RESPONSE wants to know: one of the MICRO_ORIGIN_… numbers. */
    uint32_t origin;
    /* The media type; none if its data is null. */
    MicroText content_type;
    /* The other header fields. */
    const MicroHeader *headers;
    /* How many there are. */
    size_t header_count;
    /* What the log should know of a failure; none if its data is null. */
    MicroText failure;
    /* The content. */
    MicroBody body;
    /* MICRO_IS_STATIC if the media type stays valid for ever, else 0. It is about the text that
     * `content_type` has when the reply is handed over: who sets another one looks at this, too, or
     * the program keeps a pointer to what is gone. */
    uint32_t flags;
    /* Reserved, 0. */
    uint32_t reserved;
};

#define MICRO_ORIGIN_EXPLICIT 0u /* A handler said how to answer. */
#define MICRO_ORIGIN_TEXT 1u     /* A bare text. */
#define MICRO_ORIGIN_JSON 2u     /* A bare value, as JSON. */
#define MICRO_ORIGIN_NOTHING 3u  /* Nothing at all. */
#define MICRO_ORIGIN_PANIC 4u    /* A panic; `failure` has its words. */

/* Where an answer goes. */
struct MicroAnswer {
    /* Takes the answer: MICRO_TAKEN, or MICRO_ANSWERED_ALREADY of a second one. The body has
     * changed hands in both cases. */
    uint32_t (*take)(MicroAnswer *answer, MicroReply *reply);
};

#define MICRO_TAKEN 0u            /* The answer is on its way. */
#define MICRO_ANSWERED_ALREADY 1u /* There was an answer before; this one is dropped, and the log is
                                   * told. */

/* Why something could not be done. */
typedef struct MicroFailure {
    uint32_t status;   /* The status for a peer, from 400 to 599. */
    uint32_t is_panic; /* 1 if it was a panic, else 0. */
    MicroText message; /* What a peer may know. */
    MicroText detail;  /* What only the log may know; none if its data is null. */
} MicroFailure;

/* Where a failure goes. */
struct MicroReport {
    /* Takes the failure; the first one counts. Its texts are copied. */
    void (*fail)(MicroReport *report, const MicroFailure *failure);
};

/* ---- What is not done at once ---- */

#define MICRO_DONE 0u    /* It is done. */
#define MICRO_PENDING 1u /* It is not done yet. */

/* The functions of a MicroWaker. */
typedef struct MicroWakerTable {
    /* Fills in another one that wakes the same, to be kept. */
    void (*clone)(const MicroWaker *waker, MicroWaker *clone);
    /* Wakes. A clone is still to be dropped. */
    void (*wake)(const MicroWaker *waker);
    /* Lets go of a clone. */
    void (*drop)(const MicroWaker *waker);
} MicroWakerTable;

/* Wakes what waits, from any thread: it is then polled again, soon, on the loop's thread. One that
 * a `poll` gets is valid until it returns; what is to wake it later is a clone. */
struct MicroWaker {
    const void *data;             /* For the functions of whoever made it. */
    const void *extra;            /* For the functions of whoever made it. */
    const MicroWakerTable *table; /* The functions. */
};

/* An answer in the making. Whoever polls it does so on the loop's thread. */
typedef struct MicroFuture {
    /* Handed to the functions. */
    void *data;
    /* Goes on: MICRO_DONE when the answer has been given, or MICRO_PENDING, then the waker will be
     * woken. It is not called again after MICRO_DONE. */
    uint32_t (*poll)(void *data, const MicroWaker *waker, MicroAnswer *answer);
    /* Called once, when it is done or no longer wanted. */
    void (*drop)(void *data);
} MicroFuture;

/* Work in the making that answers nobody. As MicroFuture, but for its report. */
typedef struct MicroTask {
    /* Handed to the functions. */
    void *data;
    /* Goes on: MICRO_DONE at its end, or MICRO_PENDING, then the waker will be woken. */
    uint32_t (*poll)(void *data, const MicroWaker *waker, MicroReport *report);
    /* Called once, when it is done or no longer wanted. */
    void (*drop)(void *data);
} MicroTask;

/* Work that blocks, for a helper thread. */
typedef struct MicroWork {
    /* Handed to the functions. */
    void *data;
    /* Does it, on another thread. Null is a mistake, which the log tells. */
    void (*run)(void *data);
    /* Called once, on any thread: behind `run`, or in its place if the service ends. May be null. */
    void (*drop)(void *data);
} MicroWork;

/* ---- What a module may ask of the program ---- */

/* A call of a RESOURCE of a CONNECTION. All of it is copied before the call returns. */
typedef struct MicroCall {
    /* The name of the CONNECTION. */
    MicroText connection;
    /* The name of the RESOURCE in it. */
    MicroText resource;
    /* Arguments by position: a JSON array, or nothing. */
    MicroBytes arguments;
    /* Arguments by name: a JSON object, or nothing. */
    MicroBytes named;
    /* The identity of the request on whose behalf it is made; none if its data is null. */
    MicroText id;
    /* MICRO_CALL_STREAMS, or 0. */
    uint32_t flags;
    /* Reserved, 0. */
    uint32_t reserved;
} MicroCall;

/* In MicroCall.flags: the content of the answer is wanted piece by piece, as MICRO_BODY_STREAM. */
#define MICRO_CALL_STREAMS 1u

/* The functions of the program. There is one such table in a process, valid for ever.
 *
 * All of them are for the loop's thread, unless their line says otherwise. What gives a `uint32_t`
 * gives 1 for yes and 0 for no. */
struct MicroHost {
    /* MICRO_ABI_VERSION. */
    uint32_t abi_version;
    /* The size of this structure. */
    uint32_t size;

    /* Writes a line to the log. Levels: MICRO_LEVEL_ERROR and so on. Any thread. */
    void (*log)(uint32_t level, MicroText target, MicroText message);
    /* The least important level that is shown now; 0 if none. Any thread. */
    uint32_t (*log_level)(void);

    /* Keeps settings beyond the call. */
    void (*config_retain)(const MicroConfig *config);
    /* Lets go of settings that were kept. */
    void (*config_release)(const MicroConfig *config);
    /* The value of a setting, valid as long as the settings are. No if it has none. */
    uint32_t (*config_find)(const MicroConfig *config, MicroText name, MicroText *value);
    /* The setting at this place in the order of their names. No behind the last one. */
    uint32_t (*config_at)(const MicroConfig *config, size_t index, MicroText *name,
                          MicroText *value);

    /* Keeps a request beyond the call. */
    void (*request_retain)(const MicroRequest *request);
    /* Lets go of a request that was kept. */
    void (*request_release)(const MicroRequest *request);
    /* Who asks. */
    void (*request_peer)(const MicroRequest *request, MicroPeer *peer);
    /* Leaves a value at a request under a key: any address that is the module's own. The one that
     * was there before is dropped; all are when nobody holds the request any more, or before the
     * module that left them is closed. Until then, a value that holds its own request is never
     * dropped. What a `drop` spawns does not hold the module open. */
    void (*request_attach)(const MicroRequest *request, const void *key, void *value,
                           void (*drop)(void *value));
    /* The value that was left under a key, or null. */
    void *(*request_attached)(const MicroRequest *request, const void *key);
    /* Promises to answer later. What the function itself answers is then left aside. The responder
     * must be given to `responder_answer` or `responder_drop`: the peer waits as long, or until the
     * handler's time is over. */
    MicroResponder *(*request_delay)(const MicroRequest *request);

    /* Keeps the promise, and lets go of it. Nothing happens if the peer has gone. Any thread. */
    void (*responder_answer)(MicroResponder *responder, MicroReply *reply);
    /* Breaks the promise: the peer gets a 500. Any thread. */
    void (*responder_drop)(MicroResponder *responder);

    /* Goes on to the handler, and lets go of `next`; fills in a future of the answer, which is then
     * the caller's. */
    void (*next_run)(MicroNext *next, const MicroRequest *request, MicroFuture *future);
    /* Lets go of `next`. */
    void (*next_drop)(MicroNext *next);

    /* The time of the loop in nanoseconds, from an arbitrary beginning. No if there is
     * no loop on this thread. */
    uint32_t (*now)(uint64_t *nanoseconds);
    /* Wakes at this time; the waker is cloned. 0 if there is no loop on this thread. */
    uint64_t (*timer_set)(uint64_t nanoseconds, const MicroWaker *waker);
    /* Forgets a timer; one that is over is gone already. Any thread, but it does something only on
     * the loop's. */
    void (*timer_cancel)(uint64_t timer);
    /* Runs a task beside everything else. No, and the task is dropped, if there is no loop on this
     * thread. */
    uint32_t (*spawn)(const MicroTask *task);
    /* Does work on a helper thread. No, and the work is dropped, if there is no loop on this
     * thread. */
    uint32_t (*block)(const MicroWork *work);

    /* Whether the service has this CONNECTION, and in it this RESOURCE; only the former, if the name
     * of the latter is none. If not, the report says what there is. Which connections there are
     * depends on the service, whose identity are its settings. */
    uint32_t (*connection_find)(const MicroConfig *config, MicroText connection, MicroText resource,
                                MicroReport *report);
    /* Calls a RESOURCE of a CONNECTION. Fills in a future of the answer, which is then the caller's:
     * dropping it ends the call.
     *
     * An answer without a `failure` is the peer's, and its status is one of 200 to 299. The
     * `failure` of any other is a word that says what has failed, a colon, a blank and a sentence,
     * such as `timeout: no answer within 30 s`. With the word `status` the rest is the peer's
     * answer; with another one the status is 504 for `timeout`, 502 if it is the peer's fault, and
     * else 503 or 500. The failure of a stream is such a text, too. */
    void (*connection_call)(const MicroConfig *config, const MicroCall *call, MicroFuture *future);
};

/* ---- What a module says of its functions ---- */

/* Answers a request. MICRO_DONE: it has given its answer, or promised it with `request_delay`.
 * MICRO_PENDING: it has filled in the future, which will answer. */
typedef uint32_t (*MicroHandler)(const void *data, void *state, const MicroRequest *request,
                                 MicroAnswer *answer, MicroFuture *future);

/* As MicroHandler; the wrapper owns `next`, and must hand it to `next_run` or `next_drop`, once:
 * nobody else lets go of it. */
typedef uint32_t (*MicroWrapper)(const void *data, void *state, const MicroRequest *request,
                                 MicroNext *next, MicroAnswer *answer, MicroFuture *future);

/* Does something. MICRO_DONE: it is done, or has told the report why not. MICRO_PENDING: it has
 * filled in the task, which will do it. Any other number is a failure. A task that is filled in is
 * run, also with MICRO_DONE. */
typedef uint32_t (*MicroJob)(const void *data, void *state, const MicroConfig *config,
                             MicroReport *report, MicroTask *task);

/* Does something at once, and tells the report if it could not. */
typedef void (*MicroTurn)(const void *data, void *state, MicroReport *report);

/* Makes a value of a text, or tells why it is none. */
typedef void (*MicroConvert)(const void *data, void *state, MicroText text, MicroValueSink *sink);

/* Makes a value of a value, which is JSON, and empty if there is none; it is valid until the function
 * returns. What it makes is the content of its answer; an answer whose status is 400 or more is a
 * failure. As MicroHandler in all else. */
typedef uint32_t (*MicroTransform)(const void *data, void *state, MicroBytes value,
                                   MicroAnswer *answer, MicroFuture *future);

/* A function, by its kind. */
typedef union MicroFunctionPointer {
    MicroHandler handler;     /* Of MICRO_KIND_HANDLER. */
    MicroWrapper wrapper;     /* Of MICRO_KIND_WRAPPER. */
    MicroJob job;             /* Of MICRO_KIND_JOB. */
    MicroTurn turn;           /* Of MICRO_KIND_TURN. */
    MicroConvert convert;     /* Of MICRO_KIND_CONVERT. */
    MicroTransform transform; /* Of MICRO_KIND_TRANSFORM. */
    const void *address;      /* Null, if somebody forgot it. */
#ifdef __cplusplus /* It has no designated initializers before C++20. */
    constexpr MicroFunctionPointer(MicroHandler function) : handler(function) {}
    constexpr MicroFunctionPointer(MicroWrapper function) : wrapper(function) {}
    constexpr MicroFunctionPointer(MicroJob function) : job(function) {}
    constexpr MicroFunctionPointer(MicroTurn function) : turn(function) {}
    constexpr MicroFunctionPointer(MicroConvert function) : convert(function) {}
    constexpr MicroFunctionPointer(MicroTransform function) : transform(function) {}
#endif
} MicroFunctionPointer;

#define MICRO_KIND_HANDLER 1u   /* Answers requests: GET, POST and so on. */
#define MICRO_KIND_WRAPPER 2u   /* Stands around handlers: WRAP. */
#define MICRO_KIND_JOB 3u       /* Runs beside the service, or at its start or end: TASK, SETUP,
                                 * TEARDOWN. */
#define MICRO_KIND_TURN 4u      /* Runs once a turn of the loop: USER. */
#define MICRO_KIND_CONVERT 5u   /* Converts arguments: ARG and CONTENT. */
#define MICRO_KIND_TRANSFORM 6u /* Makes a value of a value: `code`, `setup` and `wrapper` of
                                 * CONNECTION and RESOURCE, `code` of HEADER. */

/* An argument that a function reads. */
typedef struct MicroParameter {
    MicroText name;       /* Its name: that of a group of the path or of a CONTENT line. */
    uint32_t kind;        /* What it must be able to be read as: one of the MICRO_TYPE_… numbers. */
    uint32_t is_required; /* 1 if the function cannot do without it, else 0. */
} MicroParameter;

#define MICRO_TYPE_ANY 0u   /* Whatever it is. */
#define MICRO_TYPE_TEXT 1u  /* Text. */
#define MICRO_TYPE_INT 2u   /* A whole number. */
#define MICRO_TYPE_FLOAT 3u /* A number. */
#define MICRO_TYPE_BOOL 4u  /* True or false. */

/* One function of a module. */
typedef struct MicroFunction {
    /* Its name, behind the module's in a definition. */
    MicroText name;
    /* What it does, in a line; may be empty. */
    MicroText summary;
    /* What it is for: one of the MICRO_KIND_… numbers. */
    uint32_t kind;
    /* MICRO_PARAMETERS_DECLARED, or 0. */
    uint32_t flags;
    /* The arguments that it reads. */
    const MicroParameter *parameters;
    /* How many there are. */
    size_t parameter_count;
    /* Handed to it first. */
    const void *data;
    /* The function itself, by its kind. */
    MicroFunctionPointer call;
} MicroFunction;

/* In MicroFunction.flags: the function reads the arguments that it lists and no others, so that a
 * definition can be checked against the list. */
#define MICRO_PARAMETERS_DECLARED 1u

/* See MicroModule.open. Gives 1 if it has opened, else 0. `host` is valid for ever. */
typedef uint32_t (*MicroOpen)(const void *data, const MicroHost *host, const MicroConfig *config,
                              void **state, MicroReport *report);

/* See MicroModule.close. */
typedef void (*MicroClose)(void *state);

/* What a library has to say of itself: the static variable `micro_module`.
 *
 * The first seven numbers are compared before anything else of it is read. */
typedef struct MicroModule {
    /* MICRO_ABI_VERSION. */
    uint32_t abi_version;
    /* The size of this structure. */
    uint32_t module_size;
    /* The size of MicroFunction. */
    uint32_t function_size;
    /* The size of MicroParameter. */
    uint32_t parameter_size;
    /* The size of MicroRequest. */
    uint32_t request_size;
    /* The size of MicroReply. */
    uint32_t reply_size;
    /* The size of MicroHost. */
    uint32_t host_size;
    /* MICRO_PANIC_ABORTS, or 0. */
    uint32_t flags;
    /* The name under which definitions find it. */
    MicroText name;
    /* The module's own version. */
    MicroText version;
    /* Its functions. */
    const MicroFunction *functions;
    /* How many there are. */
    size_t function_count;
    /* For `open`. */
    const void *data;
    /* Called once for each service, before any other function: makes the state that the others get.
     * What it tells the report is why the service does not start. May be null. */
    MicroOpen open;
    /* Called once with each state, when nothing uses it any more; only if there is an `open`, and it
     * gave 1. May be null. */
    MicroClose close;
} MicroModule;

/* In MicroModule.flags: a panic in this module would end the process. Such a module is refused. */
#define MICRO_PANIC_ABORTS 1u

/* ==== CONVENIENCES ====
 *
 * Nothing below is part of the border: all of it is written in terms of what is above, and compiled
 * into the module. */

/* The methods of MicroRequest.method. */
#define MICRO_METHOD_GET 0u
#define MICRO_METHOD_HEAD 1u
#define MICRO_METHOD_POST 2u
#define MICRO_METHOD_PUT 3u
#define MICRO_METHOD_PATCH 4u
#define MICRO_METHOD_DELETE 5u
#define MICRO_METHOD_OPTIONS 6u

/* The levels of the log. */
#define MICRO_LEVEL_ERROR 1u
#define MICRO_LEVEL_WARN 2u
#define MICRO_LEVEL_INFO 3u
#define MICRO_LEVEL_DEBUG 4u
#define MICRO_LEVEL_TRACE 5u

/* ---- Saying what a module is ---- */

/* How `micro_module` is declared, to be seen from outside, and defined, to be kept by the linker, in
 * its section. */
#if defined(__GNUC__)
#define MICRO_VISIBLE __attribute__((visibility("default")))
#else
#define MICRO_VISIBLE
#endif
#if defined(__ELF__)
#define MICRO_EXPORT __attribute__((used, section(MICRO_SECTION)))
#else
#define MICRO_EXPORT
#endif

MICRO_VISIBLE extern const MicroModule micro_module;

/* Constants are in the file, and are not made when the library is loaded. */
#ifdef __cplusplus
#define MICRO_CONSTANT constexpr
#define MICRO_POINTER(kind, function) MicroFunctionPointer(function)
#else
#define MICRO_CONSTANT const
#define MICRO_POINTER(kind, function) { .kind = (function) }
#endif

/* A MicroText of a literal, to initialize a static variable with. */
#define MICRO_TEXT_INIT(literal) { "" literal, sizeof(literal) - 1 }

/* A module without state. Its functions are MICRO_HANDLER(…) and so on, separated by commas. */
#define MICRO_MODULE(name, version, ...) MICRO_MODULE_WITH(name, version, NULL, NULL, __VA_ARGS__)

/* A module with a state: its MicroOpen and its MicroClose, each of which may be NULL. Without the
 * first one, the second is not called. */
#define MICRO_MODULE_WITH(name, version, open, close, ...)                                         \
    static MICRO_CONSTANT MicroFunction micro_functions[] = { __VA_ARGS__ };                       \
    MICRO_EXPORT MICRO_CONSTANT MicroModule micro_module = {                                       \
        MICRO_ABI_VERSION,                                                                         \
        (uint32_t)sizeof(MicroModule),                                                             \
        (uint32_t)sizeof(MicroFunction),                                                           \
        (uint32_t)sizeof(MicroParameter),                                                          \
        (uint32_t)sizeof(MicroRequest),                                                            \
        (uint32_t)sizeof(MicroReply),                                                              \
        (uint32_t)sizeof(MicroHost),                                                               \
        0,                                                                                         \
        MICRO_TEXT_INIT(name),                                                                     \
        MICRO_TEXT_INIT(version),                                                                  \
        micro_functions,                                                                           \
        sizeof(micro_functions) / sizeof(micro_functions[0]),                                      \
        NULL,                                                                                      \
        open,                                                                                      \
        close,                                                                                     \
    }

/* The functions of a module: the name in definitions, the function, and what it does in a line. */
#define MICRO_HANDLER(name, function, summary)                                                     \
    MICRO_FUNCTION(HANDLER, handler, name, function, summary, 0, NULL, 0)
#define MICRO_WRAPPER(name, function, summary)                                                     \
    MICRO_FUNCTION(WRAPPER, wrapper, name, function, summary, 0, NULL, 0)
#define MICRO_JOB(name, function, summary)                                                         \
    MICRO_FUNCTION(JOB, job, name, function, summary, 0, NULL, 0)
#define MICRO_TURN(name, function, summary)                                                        \
    MICRO_FUNCTION(TURN, turn, name, function, summary, 0, NULL, 0)
#define MICRO_CONVERT(name, function, summary)                                                     \
    MICRO_FUNCTION(CONVERT, convert, name, function, summary, 0, NULL, 0)
#define MICRO_TRANSFORM(name, function, summary)                                                   \
    MICRO_FUNCTION(TRANSFORM, transform, name, function, summary, 0, NULL, 0)

/* A handler or wrapper that reads the arguments in a static array of MICRO_PARAMETER(…) and no
 * others, so that the lines of a definition are checked against them. */
#define MICRO_HANDLER_READING(name, function, summary, parameters)                                 \
    MICRO_FUNCTION(HANDLER, handler, name, function, summary, MICRO_PARAMETERS_DECLARED,           \
                   parameters, sizeof(parameters) / sizeof((parameters)[0]))
#define MICRO_WRAPPER_READING(name, function, summary, parameters)                                 \
    MICRO_FUNCTION(WRAPPER, wrapper, name, function, summary, MICRO_PARAMETERS_DECLARED,           \
                   parameters, sizeof(parameters) / sizeof((parameters)[0]))

/* The same of one that reads no argument at all; C has no array of none. */
#define MICRO_HANDLER_READING_NOTHING(name, function, summary)                                     \
    MICRO_FUNCTION(HANDLER, handler, name, function, summary, MICRO_PARAMETERS_DECLARED, NULL, 0)
#define MICRO_WRAPPER_READING_NOTHING(name, function, summary)                                     \
    MICRO_FUNCTION(WRAPPER, wrapper, name, function, summary, MICRO_PARAMETERS_DECLARED, NULL, 0)

/* An argument: its name, MICRO_TYPE_…, and whether the function cannot do without it. */
#define MICRO_PARAMETER(name, kind, is_required) { MICRO_TEXT_INIT(name), kind, is_required }

#define MICRO_FUNCTION(KIND, kind, name, function, summary, flags, parameters, count)              \
    {                                                                                              \
        MICRO_TEXT_INIT(name), MICRO_TEXT_INIT(summary), MICRO_KIND_##KIND, flags, parameters,     \
            count, NULL, MICRO_POINTER(kind, function)                                                \
    }

/* ---- Texts ---- */

/* A MicroText of a literal. */
#define MICRO_TEXT(literal) micro_text_of("" literal, sizeof(literal) - 1)

static inline MicroText micro_text_of(const char *data, size_t length)
{
    MicroText text;
    text.data = data;
    text.length = length;
    return text;
}

/* A MicroText of a string that ends with a NUL; no text, if it is null. */
static inline MicroText micro_text(const char *string)
{
    return micro_text_of(string, string ? strlen(string) : 0);
}

static inline MicroBytes micro_bytes(const void *data, size_t length)
{
    MicroBytes bytes;
    bytes.data = (const uint8_t *)data;
    bytes.length = length;
    return bytes;
}

static inline MicroBytes micro_text_bytes(MicroText text)
{
    return micro_bytes(text.data, text.length);
}

/* Whether a text is the same as a string. */
static inline uint32_t micro_text_is(MicroText text, const char *string)
{
    size_t length = strlen(string);
    return text.length == length && (length == 0 || memcmp(text.data, string, length) == 0);
}

/* Whether it is but for the case of ASCII letters. */
static inline uint32_t micro_text_is_nocase(MicroText text, const char *string)
{
    size_t i;
    for (i = 0; i < text.length && string[i] != '\0'; i++) {
        char one = text.data[i], other = string[i];
        if (one >= 'A' && one <= 'Z')
            one = (char)(one - 'A' + 'a');
        if (other >= 'A' && other <= 'Z')
            other = (char)(other - 'A' + 'a');
        if (one != other)
            return 0;
    }
    return i == text.length && string[i] == '\0';
}

/* A copy that ends with a NUL and is to be given to `free`; null if there is no memory for it, or
 * if a NUL in the text would end it too early. */
static inline char *micro_text_copy(MicroText text)
{
    char *copy;
    if (text.length != 0 && memchr(text.data, '\0', text.length) != NULL)
        return NULL;
    copy = (char *)malloc(text.length + 1);
    if (copy == NULL)
        return NULL;
    if (text.length != 0)
        memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    return copy;
}

/* ---- Reading a request ---- */

/* What stands at a place of a request; valid as long as the request is. */
static inline MicroText micro_span(const MicroRequest *request, MicroSpan span)
{
    return micro_text_of((const char *)request->bytes + span.start, span.end - span.start);
}

/* `GET`, `POST` and so on. */
static inline MicroText micro_method(const MicroRequest *request)
{
    static const char *const names[] = { "GET",   "HEAD",   "POST",   "PUT",
                                         "PATCH", "DELETE", "OPTIONS" };
    size_t count = sizeof(names) / sizeof(names[0]);
    return micro_text(request->method < count ? names[request->method] : "");
}

/* The path as it was sent, percent-encoded. */
static inline MicroText micro_path(const MicroRequest *request)
{
    return micro_span(request, request->path);
}

/* The query as it was sent, percent-encoded, without its `?`. */
static inline MicroText micro_query(const MicroRequest *request)
{
    return micro_span(request, request->query);
}

/* The content. */
static inline MicroBytes micro_body(const MicroRequest *request)
{
    return micro_text_bytes(micro_span(request, request->body));
}

/* The identity of the request, as the log and `X-Request-Id` have it. */
static inline MicroText micro_id(const MicroRequest *request)
{
    return micro_text_of((const char *)request->id, sizeof(request->id));
}

/* The value of the first header field of this name, whatever its case. No if there is none. The
 * peer may have sent other bytes than UTF-8. */
static inline uint32_t micro_header(const MicroRequest *request, const char *name, MicroText *value)
{
    size_t i;
    for (i = 0; i < request->header_count; i++) {
        const MicroField *field = &request->headers[i];
        if (micro_text_is_nocase(micro_span(request, field->name), name)) {
            *value = micro_span(request, field->value);
            return 1;
        }
    }
    return 0;
}

/* The argument of this name; null if the definition declares none for this function. */
static inline const MicroValue *micro_argument(const MicroRequest *request, const char *name)
{
    size_t i;
    for (i = 0; i < request->argument_count; i++)
        if (micro_text_is(request->names[i], name))
            return &request->arguments[i];
    return NULL;
}

/* Whether an argument is declared and was given: neither absent nor null. */
static inline uint32_t micro_value_is_given(const MicroValue *value)
{
    return value != NULL && value->kind != MICRO_VALUE_ABSENT && value->kind != MICRO_VALUE_NULL;
}

/* The readers below say no, and leave their result alone, if the value is not given or is not what
 * they read. Numbers and truth are also read from text: that is what the groups of a path are, if
 * no ARG gives them a type. */

static inline uint32_t micro_value_text(const MicroRequest *request, const MicroValue *value,
                                        MicroText *text)
{
    if (value != NULL && value->kind == MICRO_VALUE_TEXT) {
        *text = value->text;
        return 1;
    }
    if (value != NULL && value->kind == MICRO_VALUE_SPAN) {
        MicroSpan span;
        span.start = (uint32_t)(value->bits & UINT32_MAX);
        span.end = (uint32_t)(value->bits >> 32);
        *text = micro_span(request, span);
        return 1;
    }
    return 0;
}

/* The JSON of an array or object. */
static inline uint32_t micro_value_json(const MicroValue *value, MicroText *json)
{
    if (value == NULL || value->kind != MICRO_VALUE_JSON)
        return 0;
    *json = value->text;
    return 1;
}

static inline uint32_t micro_text_uint(MicroText text, uint64_t *number)
{
    uint64_t sum = 0;
    size_t i;
    if (text.length > 1 && text.data[0] == '+')
        text = micro_text_of(text.data + 1, text.length - 1);
    for (i = 0; i < text.length; i++) {
        unsigned digit = (unsigned)(unsigned char)text.data[i] - '0';
        if (digit > 9 || sum > (UINT64_MAX - digit) / 10)
            return 0;
        sum = sum * 10 + digit;
    }
    if (text.length == 0)
        return 0;
    *number = sum;
    return 1;
}

static inline uint32_t micro_text_int(MicroText text, int64_t *number)
{
    uint64_t size;
    if (text.length > 1 && text.data[0] == '-' && text.data[1] != '+') {
        if (!micro_text_uint(micro_text_of(text.data + 1, text.length - 1), &size))
            return 0;
        if (size > (uint64_t)INT64_MAX + 1)
            return 0;
        *number = size == 0 ? 0 : -(int64_t)(size - 1) - 1;
        return 1;
    }
    if (!micro_text_uint(text, &size) || size > INT64_MAX)
        return 0;
    *number = (int64_t)size;
    return 1;
}

static inline uint32_t micro_value_int(const MicroRequest *request, const MicroValue *value,
                                       int64_t *number)
{
    MicroText text;
    if (value != NULL && value->kind == MICRO_VALUE_INT) {
        memcpy(number, &value->bits, sizeof(*number));
        return 1;
    }
    return micro_value_text(request, value, &text) && micro_text_int(text, number);
}

static inline uint32_t micro_value_uint(const MicroRequest *request, const MicroValue *value,
                                        uint64_t *number)
{
    MicroText text;
    if (value != NULL && (value->kind == MICRO_VALUE_UINT ||
                          (value->kind == MICRO_VALUE_INT && value->bits <= INT64_MAX))) {
        *number = value->bits;
        return 1;
    }
    return micro_value_text(request, value, &text) && micro_text_uint(text, number);
}

/* A decimal number; `strtod` takes more, such as `0x10`, ` 1` and `nan`. It reads the point as the
 * locale has it, and the program stays in the C locale. */
static inline uint32_t micro_text_float(MicroText text, double *number)
{
    char copy[128], *end;
    double read;
    size_t i;
    if (text.length == 0 || text.length >= sizeof(copy))
        return 0;
    for (i = 0; i < text.length; i++)
        if (text.data[i] == '\0' || strchr("0123456789+-.eE", text.data[i]) == NULL)
            return 0;
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    read = strtod(copy, &end);
    if (*end != '\0' || read - read != 0)
        return 0;
    *number = read;
    return 1;
}

/* Any number; one beyond 2^53 may lose its last digits. */
static inline uint32_t micro_value_float(const MicroRequest *request, const MicroValue *value,
                                         double *number)
{
    MicroText text;
    if (value != NULL && value->kind == MICRO_VALUE_FLOAT) {
        memcpy(number, &value->bits, sizeof(*number));
        return 1;
    }
    if (value != NULL && value->kind == MICRO_VALUE_INT) {
        int64_t whole;
        memcpy(&whole, &value->bits, sizeof(whole));
        *number = (double)whole;
        return 1;
    }
    if (value != NULL && value->kind == MICRO_VALUE_UINT) {
        *number = (double)value->bits;
        return 1;
    }
    return micro_value_text(request, value, &text) && micro_text_float(text, number);
}

/* True or false, also as `true`, `t`, `1`, `false`, `f`, `0` in any case. */
static inline uint32_t micro_value_bool(const MicroRequest *request, const MicroValue *value,
                                        uint32_t *truth)
{
    MicroText text;
    if (value != NULL && value->kind == MICRO_VALUE_BOOL) {
        *truth = value->bits != 0;
        return 1;
    }
    if (!micro_value_text(request, value, &text))
        return 0;
    if (micro_text_is_nocase(text, "true") || micro_text_is_nocase(text, "t") ||
        micro_text_is(text, "1"))
        *truth = 1;
    else if (micro_text_is_nocase(text, "false") || micro_text_is_nocase(text, "f") ||
             micro_text_is(text, "0"))
        *truth = 0;
    else
        return 0;
    return 1;
}

/* ---- Making values, for a MicroConvert ---- */

static inline MicroValue micro_value_of_int(int64_t number)
{
    MicroValue value;
    memset(&value, 0, sizeof(value));
    value.kind = MICRO_VALUE_INT;
    memcpy(&value.bits, &number, sizeof(number));
    return value;
}

static inline MicroValue micro_value_of_float(double number)
{
    MicroValue value;
    memset(&value, 0, sizeof(value));
    value.kind = MICRO_VALUE_FLOAT;
    memcpy(&value.bits, &number, sizeof(number));
    return value;
}

static inline MicroValue micro_value_of_bool(uint32_t truth)
{
    MicroValue value;
    memset(&value, 0, sizeof(value));
    value.kind = MICRO_VALUE_BOOL;
    value.bits = truth != 0;
    return value;
}

static inline MicroValue micro_value_of_text(MicroText text)
{
    MicroValue value;
    memset(&value, 0, sizeof(value));
    value.kind = MICRO_VALUE_TEXT;
    value.text = text;
    return value;
}

/* ---- Making replies ---- */

/* An empty reply of this status. From 400 on, `micro_reply_problem` tells the peer more. */
static inline MicroReply micro_reply_status(uint32_t status)
{
    MicroReply reply;
    memset(&reply, 0, sizeof(reply));
    reply.status = status;
    return reply;
}

/* Bytes of a media type; both are copied when the reply is taken. */
static inline MicroReply micro_reply_copy(uint32_t status, MicroText content_type, MicroBytes bytes)
{
    MicroReply reply = micro_reply_status(status);
    reply.content_type = content_type;
    reply.body.kind = MICRO_BODY_COPY;
    /* Not a cast, which would be warned of: bytes that nobody frees are only read. */
    memcpy(&reply.body.buffer.data, &bytes.data, sizeof(bytes.data));
    reply.body.buffer.length = bytes.length;
    return reply;
}

/* Bytes that are never freed or changed, such as a literal: they are sent from where they are. */
static inline MicroReply micro_reply_static(uint32_t status, MicroText content_type,
                                            MicroBytes bytes)
{
    MicroReply reply = micro_reply_copy(status, content_type, bytes);
    reply.body.kind = MICRO_BODY_STATIC;
    return reply;
}

static inline void micro_free(uint8_t *data, size_t length, size_t capacity)
{
    (void)length, (void)capacity;
    free(data);
}

/* Bytes that `malloc` gave: they are sent from where they are, and given to `free` then. */
static inline MicroReply micro_reply_owned(uint32_t status, MicroText content_type, void *data,
                                           size_t length)
{
    MicroReply reply = micro_reply_copy(status, content_type, micro_bytes(data, length));
    reply.body.kind = MICRO_BODY_OWNED;
    reply.body.buffer.capacity = length;
    reply.body.buffer.release = micro_free;
    return reply;
}

/* Plain text, copied. */
static inline MicroReply micro_reply_text(uint32_t status, MicroText text)
{
    return micro_reply_copy(status, MICRO_TEXT("text/plain; charset=utf-8"),
                            micro_text_bytes(text));
}

/* JSON, copied; nobody looks whether it is any. */
static inline MicroReply micro_reply_json(uint32_t status, MicroText json)
{
    return micro_reply_copy(status, MICRO_TEXT("application/json"), micro_text_bytes(json));
}

/* A failure that the peer is told of: `{"error": message, "id": …}`. A status from 400 to 599. */
static inline MicroReply micro_reply_problem(uint32_t status, MicroText message)
{
    MicroReply reply = micro_reply_json(status, message);
    reply.body.kind = MICRO_BODY_PROBLEM;
    return reply;
}

/* A failure of ours: the peer gets a 500 and learns nothing but its id, under which the log has the
 * detail. */
static inline MicroReply micro_reply_internal(MicroText detail)
{
    MicroReply reply = micro_reply_problem(500, MICRO_TEXT("Internal Server Error"));
    reply.failure = detail;
    return reply;
}

/* Lets go of a reply that was taken and is not handed on. */
static inline void micro_reply_drop(MicroReply *reply)
{
    MicroBody *body = &reply->body;
    if (body->kind == MICRO_BODY_OWNED && body->buffer.release != NULL)
        body->buffer.release(body->buffer.data, body->buffer.length, body->buffer.capacity);
    if (body->kind == MICRO_BODY_STREAM && body->stream.drop != NULL)
        body->stream.drop(body->stream.data);
    memset(body, 0, sizeof(*body));
}

/* ---- Answering at once. All of them give MICRO_DONE. ---- */

static inline uint32_t micro_answer(MicroAnswer *answer, MicroReply reply)
{
    (void)answer->take(answer, &reply);
    return MICRO_DONE;
}

static inline uint32_t micro_answer_status(MicroAnswer *answer, uint32_t status)
{
    return micro_answer(answer, micro_reply_status(status));
}

static inline uint32_t micro_answer_text(MicroAnswer *answer, uint32_t status, MicroText text)
{
    return micro_answer(answer, micro_reply_text(status, text));
}

static inline uint32_t micro_answer_json(MicroAnswer *answer, uint32_t status, MicroText json)
{
    return micro_answer(answer, micro_reply_json(status, json));
}

static inline uint32_t micro_answer_copy(MicroAnswer *answer, uint32_t status,
                                         MicroText content_type, MicroBytes bytes)
{
    return micro_answer(answer, micro_reply_copy(status, content_type, bytes));
}

static inline uint32_t micro_answer_owned(MicroAnswer *answer, uint32_t status,
                                          MicroText content_type, void *data, size_t length)
{
    return micro_answer(answer, micro_reply_owned(status, content_type, data, length));
}

static inline uint32_t micro_answer_problem(MicroAnswer *answer, uint32_t status, MicroText message)
{
    return micro_answer(answer, micro_reply_problem(status, message));
}

static inline uint32_t micro_answer_internal(MicroAnswer *answer, MicroText detail)
{
    return micro_answer(answer, micro_reply_internal(detail));
}

/* ---- Answering later. Each of them lets go of the responder. Any thread. ---- */

/* Promises an answer: whoever gets the responder has to use it, once. */
static inline MicroResponder *micro_delay(const MicroRequest *request)
{
    return request->host->request_delay(request);
}

static inline void micro_respond(MicroResponder *responder, MicroReply reply)
{
    responder->host->responder_answer(responder, &reply);
}

static inline void micro_respond_status(MicroResponder *responder, uint32_t status)
{
    micro_respond(responder, micro_reply_status(status));
}

static inline void micro_respond_text(MicroResponder *responder, uint32_t status, MicroText text)
{
    micro_respond(responder, micro_reply_text(status, text));
}

static inline void micro_respond_json(MicroResponder *responder, uint32_t status, MicroText json)
{
    micro_respond(responder, micro_reply_json(status, json));
}

static inline void micro_respond_copy(MicroResponder *responder, uint32_t status,
                                      MicroText content_type, MicroBytes bytes)
{
    micro_respond(responder, micro_reply_copy(status, content_type, bytes));
}

static inline void micro_respond_owned(MicroResponder *responder, uint32_t status,
                                       MicroText content_type, void *data, size_t length)
{
    micro_respond(responder, micro_reply_owned(status, content_type, data, length));
}

static inline void micro_respond_problem(MicroResponder *responder, uint32_t status,
                                         MicroText message)
{
    micro_respond(responder, micro_reply_problem(status, message));
}

static inline void micro_respond_internal(MicroResponder *responder, MicroText detail)
{
    micro_respond(responder, micro_reply_internal(detail));
}

/* ---- Calling other services ---- */

/* A call on behalf of a request, or of none if that is null. The arguments are those by position: a
 * JSON array, or no text. */
static inline MicroCall micro_call_of(const MicroRequest *request, const char *connection,
                                      const char *resource, MicroText arguments)
{
    MicroCall call;
    memset(&call, 0, sizeof(call));
    call.connection = micro_text(connection);
    call.resource = micro_text(resource);
    call.arguments = micro_text_bytes(arguments);
    if (request != NULL)
        call.id = micro_id(request);
    return call;
}

/* Whether the answer of a call is a failure: of this kind, such as "timeout" or "status", or of any
 * if that is null. */
static inline uint32_t micro_call_failed(const MicroReply *reply, const char *kind)
{
    size_t length = kind ? strlen(kind) : 0;
    MicroText failure = reply->failure;
    if (failure.data == NULL || kind == NULL)
        return failure.data != NULL;
    return failure.length > length && failure.data[length] == ':' &&
           memcmp(failure.data, kind, length) == 0;
}

/* What `micro_call` calls with the answer of a call. It owns the content of the reply, whose texts
 * are valid until it returns, and lets go of it with `micro_reply_drop`, or hands the reply on with
 * `answer->take(answer, reply)`; and it answers the request, once. Without a reply the call is not
 * wanted any more: there is nothing to do but to let go of what `data` holds. */
typedef void (*MicroAnswered)(void *data, MicroReply *reply, MicroAnswer *answer);

typedef struct MicroCalling {
    MicroFuture called;
    MicroAnswered answered;
    void *data;
} MicroCalling;

/* Where the answer of a call goes. */
typedef struct MicroCallAnswer {
    MicroAnswer answer; /* Comes first: it is all that the call knows of. */
    MicroCalling *calling;
    MicroAnswer *theirs;
} MicroCallAnswer;

static inline uint32_t micro_call_take(MicroAnswer *answer, MicroReply *reply)
{
    MicroCallAnswer *place = (MicroCallAnswer *)(void *)answer;
    MicroAnswered answered = place->calling->answered;
    if (answered == NULL) {
        micro_reply_drop(reply);
        return MICRO_ANSWERED_ALREADY;
    }
    place->calling->answered = NULL;
    answered(place->calling->data, reply, place->theirs);
    return MICRO_TAKEN;
}

static inline uint32_t micro_call_poll(void *data, const MicroWaker *waker, MicroAnswer *answer)
{
    MicroCallAnswer place;
    MicroCalling *calling = (MicroCalling *)data;
    place.answer.take = micro_call_take;
    place.calling = calling;
    place.theirs = answer;
    return calling->called.poll(calling->called.data, waker, &place.answer);
}

static inline void micro_call_drop(void *data)
{
    MicroCalling *calling = (MicroCalling *)data;
    if (calling->called.drop != NULL)
        calling->called.drop(calling->called.data);
    if (calling->answered != NULL)
        calling->answered(calling->data, NULL, NULL);
    free(calling);
}

/* Makes a call for a handler, which returns what this gives. `answered` is called exactly once,
 * whatever happens. */
static inline uint32_t micro_call(const MicroRequest *request, const MicroCall *call,
                                  MicroAnswered answered, void *data, MicroAnswer *answer,
                                  MicroFuture *future)
{
    MicroCalling *calling = (MicroCalling *)malloc(sizeof(*calling));
    if (calling == NULL) {
        answered(data, NULL, NULL);
        return micro_answer_internal(answer, MICRO_TEXT("no memory for a call"));
    }
    calling->answered = answered;
    calling->data = data;
    request->host->connection_call(request->config, call, &calling->called);
    future->data = calling;
    future->poll = micro_call_poll;
    future->drop = micro_call_drop;
    return MICRO_PENDING;
}

/* ---- The rest ---- */

/* Tells why something could not be done that answers nobody: opening, a job, a turn. */
static inline void micro_fail(MicroReport *report, MicroText reason)
{
    MicroFailure failure;
    memset(&failure, 0, sizeof(failure));
    failure.status = 500;
    failure.message = reason;
    report->fail(report, &failure);
}

/* The value of a setting; no if it has none. */
static inline uint32_t micro_setting(const MicroConfig *config, const char *name, MicroText *value)
{
    return config->host->config_find(config, micro_text(name), value);
}

/* Writes a line to the log in the name of this module, if lines of this level are shown. Any
 * thread. */
static inline void micro_log(const MicroHost *host, uint32_t level, MicroText message)
{
    if (level <= host->log_level())
        host->log(level, micro_module.name, message);
}

/* What `micro_after` calls. `is_due`: the time is over; else it will not be any more, because the
 * service ends. */
typedef void (*MicroAfter)(void *data, uint32_t is_due);

typedef struct MicroAfterTimer {
    const MicroHost *host;
    uint64_t deadline;
    uint64_t timer;
    MicroAfter callback;
    void *data;
} MicroAfterTimer;

static inline void micro_after_drop(void *data)
{
    MicroAfterTimer *after = (MicroAfterTimer *)data;
    if (after->timer != 0)
        after->host->timer_cancel(after->timer);
    if (after->callback != NULL)
        after->callback(after->data, 0);
    free(after);
}

static inline uint32_t micro_after_poll(void *data, const MicroWaker *waker, MicroReport *report)
{
    MicroAfterTimer *after = (MicroAfterTimer *)data;
    MicroAfter callback = after->callback;
    uint64_t now = 0;
    (void)report;
    if (after->timer != 0)
        after->host->timer_cancel(after->timer);
    after->timer = 0;
    if (!after->host->now(&now))
        return MICRO_DONE;
    if (now < after->deadline) {
        after->timer = after->host->timer_set(after->deadline, waker);
        return after->timer != 0 ? MICRO_PENDING : MICRO_DONE;
    }
    after->callback = NULL;
    callback(after->data, 1);
    return MICRO_DONE;
}

/* Calls back after this time, on the loop's thread, and keeps nobody waiting meanwhile.
 *
 * The callback is called exactly once, whatever happens, so that it can let go of what `data` holds:
 * if the service ends first, with `is_due` 0; if the time cannot even be waited for (no memory, or
 * no loop on this thread), with `is_due` 0 before this function returns, which then says no. */
static inline uint32_t micro_after(const MicroHost *host, uint64_t nanoseconds, MicroAfter callback,
                                   void *data)
{
    MicroAfterTimer *after = (MicroAfterTimer *)malloc(sizeof(*after));
    MicroTask task;
    uint64_t now = 0;
    if (after == NULL || !host->now(&now)) {
        free(after);
        callback(data, 0);
        return 0;
    }
    after->host = host;
    after->deadline = nanoseconds < UINT64_MAX - now ? now + nanoseconds : UINT64_MAX;
    after->timer = 0;
    after->callback = callback;
    after->data = data;
    task.data = after;
    task.poll = micro_after_poll;
    task.drop = micro_after_drop;
    return host->spawn(&task);
}

#ifdef __cplusplus
}
#endif

#endif
