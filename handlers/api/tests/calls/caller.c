/* A module that calls other services.
 *
 * - `ask`: calls `docker.create` with `[1, "two"]`, and by name with the query; hands a good answer on,
 *   answers 404 itself if the service does, and hands other failures on
 * - `find`: says whether there is the connection of the query, and why not
 * - `first`: answers with the first piece of the stream of `docker.events`, and lets go of the rest
 * - `shout`: a transform: what it gets, behind an exclamation mark
 */
#include <stdio.h>

#include "micro.h"

#define HANDLER(name)                                                                              \
    static uint32_t name(const void *data, void *state, const MicroRequest *request,               \
                         MicroAnswer *answer, MicroFuture *future)

static void answered(void *data, MicroReply *reply, MicroAnswer *answer)
{
    (void)data;
    if (reply == NULL)
        return;
    if (micro_call_failed(reply, "status") && reply->status == 404) {
        micro_reply_drop(reply);
        micro_answer_problem(answer, 404, MICRO_TEXT("no such container"));
        return;
    }
    answer->take(answer, reply);
}

HANDLER(ask)
{
    MicroCall call = micro_call_of(request, "docker", "create", MICRO_TEXT("[1, \"two\"]"));
    (void)data, (void)state;
    call.named = micro_text_bytes(micro_query(request));
    return micro_call(request, &call, answered, NULL, answer, future);
}

typedef struct Found {
    MicroReport report;
    char text[200];
} Found;

static void keep_failure(MicroReport *report, const MicroFailure *failure)
{
    Found *found = (Found *)(void *)report;
    snprintf(found->text, sizeof found->text, "%.*s", (int)failure->detail.length,
             failure->detail.data);
}

HANDLER(find)
{
    Found found = { { keep_failure }, "it is there" };
    (void)data, (void)state, (void)future;
    request->host->connection_find(request->config, micro_query(request), micro_text(NULL),
                                   &found.report);
    return micro_answer_text(answer, 200, micro_text(found.text));
}

/* A call whose stream is read: first its answer comes, then pieces of it. */
typedef struct Reading {
    MicroAnswer answer; /* Comes first: it is all that the call knows of. */
    MicroFuture called;
    MicroBody body;
    uint32_t is_answered;
} Reading;

static uint32_t keep_reply(MicroAnswer *answer, MicroReply *reply)
{
    Reading *reading = (Reading *)(void *)answer;
    reading->is_answered = 1;
    reading->body = reply->body;
    return MICRO_TAKEN;
}

static uint32_t read_poll(void *data, const MicroWaker *waker, MicroAnswer *answer)
{
    Reading *reading = data;
    MicroBuffer piece = { NULL, 0, 0, NULL };
    MicroStream *stream = &reading->body.stream;
    if (!reading->is_answered &&
        reading->called.poll(reading->called.data, waker, &reading->answer) == MICRO_PENDING)
        return MICRO_PENDING;
    if (reading->body.kind != MICRO_BODY_STREAM)
        return micro_answer_internal(answer, MICRO_TEXT("no stream came"));
    switch (stream->poll(stream->data, waker, &piece)) {
    case MICRO_STREAM_PENDING:
        return MICRO_PENDING;
    case MICRO_STREAM_PIECE:
        micro_answer_copy(answer, 200, MICRO_TEXT("text/plain"),
                          micro_bytes(piece.data, piece.length));
        break;
    default:
        micro_answer_copy(answer, 502, MICRO_TEXT("text/plain"),
                          micro_bytes(piece.data, piece.length));
    }
    if (piece.release != NULL)
        piece.release(piece.data, piece.length, piece.capacity);
    return MICRO_DONE;
}

static void read_drop(void *data)
{
    Reading *reading = data;
    MicroReply reply;
    memset(&reply, 0, sizeof reply);
    reply.body = reading->body;
    micro_reply_drop(&reply);
    if (reading->called.drop != NULL)
        reading->called.drop(reading->called.data);
    free(reading);
}

HANDLER(first)
{
    MicroCall call = micro_call_of(request, "docker", "events", micro_text(NULL));
    Reading *reading = calloc(1, sizeof *reading);
    (void)data, (void)state;
    if (reading == NULL)
        return micro_answer_internal(answer, MICRO_TEXT("no memory for a call"));
    call.flags = MICRO_CALL_STREAMS;
    reading->answer.take = keep_reply;
    request->host->connection_call(request->config, &call, &reading->called);
    future->data = reading;
    future->poll = read_poll;
    future->drop = read_drop;
    return MICRO_PENDING;
}

static uint32_t shout(const void *data, void *state, MicroBytes value, MicroAnswer *answer,
                      MicroFuture *future)
{
    char text[100];
    (void)data, (void)state, (void)future;
    if (value.length == 0)
        return micro_answer_problem(answer, 500, MICRO_TEXT("there is nothing to shout"));
    snprintf(text, sizeof text, "!%.*s", (int)value.length, (const char *)value.data);
    return micro_answer_text(answer, 200, micro_text(text));
}

MICRO_MODULE("caller", "1", MICRO_HANDLER("ask", ask, "Calls"),
             MICRO_HANDLER("find", find, "Looks for a connection"),
             MICRO_HANDLER("first", first, "Reads a stream"),
             MICRO_TRANSFORM("shout", shout, "Shouts"));
