/*
 * Bodies that change hands, whole and piece by piece.
 *
 * - `echo`: the content comes back, of any size, in memory that the module frees
 * - `released`: how many bodies of `echo` were released, as text: in the end each one, once
 * - `stream`: `one, two, three` in three pieces, chunked; the second one is allocated
 * - `stream_length`: the same with a Content-Length of 15
 * - `stream_short`: the same, but 20 bytes are promised: the connection is cut
 * - `stream_long`: the same, but 10 bytes are promised: the connection is cut, no byte beyond
 * - `stream_fails`: two pieces, then a failure: the connection is cut, the log has `no third piece`
 * - `stream_fails_first`: a failure before the first piece: the connection is cut, the log has
 *   `no piece at all`
 * - `stream_waits`: the three pieces with 10 ms before each
 * - `stream_endless`: pieces of 64 KiB without an end, until the peer goes
 * - `stream_unknown`: `poll` gives 9: the connection is cut, the log has the 9
 * - `stream_huge`: a piece that is longer than any can be: the connection is cut, the log says so
 * - `open_streams`: how many streams are not dropped yet, as text: in the end none
 */
#include <stdio.h>

#include "micro.h"

#define HANDLER(name)                                                                              \
    static uint32_t name(const void *data, void *state, const MicroRequest *request,               \
                         MicroAnswer *answer, MicroFuture *future)

#define UNUSED (void)data, (void)state, (void)request, (void)answer, (void)future

/* Bodies are released and streams dropped on any thread. */
static int released, open_streams;

static uint32_t answer_count(MicroAnswer *answer, int *count)
{
    char text[16];
    snprintf(text, sizeof text, "%d", __atomic_load_n(count, __ATOMIC_SEQ_CST));
    return micro_answer_text(answer, 200, micro_text(text));
}

static void release(uint8_t *data, size_t length, size_t capacity)
{
    /* Both are what they were; memory that was freed already would be overwritten. */
    if (length > capacity)
        abort();
    if (capacity != 0)
        memset(data, 0, capacity);
    free(data);
    __atomic_add_fetch(&released, 1, __ATOMIC_SEQ_CST);
}

HANDLER(echo)
{
    MicroBytes body = micro_body(request);
    uint8_t *copy = malloc(body.length + 1);
    MicroReply reply;

    UNUSED;
    if (copy == NULL)
        return micro_answer_internal(answer, MICRO_TEXT("no memory for the body"));
    if (body.length != 0)
        memcpy(copy, body.data, body.length);
    reply = micro_reply_owned(200, MICRO_TEXT("application/octet-stream"), copy, body.length);
    reply.body.buffer.capacity = body.length + 1;
    reply.body.buffer.release = release;
    return micro_answer(answer, reply);
}

HANDLER(count_released)
{
    UNUSED;
    return answer_count(answer, &released);
}

/* ---- Piece by piece ---- */

enum manner { EVEN, FAILS, FAILS_FIRST, WAITS, ENDLESS, UNKNOWN, HUGE_PIECE };

typedef struct Pieces {
    enum manner manner;
    int at;
    const MicroHost *host;
    uint64_t due, timer;
} Pieces;

static void give_static(MicroBuffer *piece, const char *text)
{
    memset(piece, 0, sizeof *piece);
    memcpy(&piece->data, &text, sizeof text);
    piece->length = strlen(text);
}

/* Gives 0 if there is no memory. */
static int give_allocated(MicroBuffer *piece, char byte, size_t length)
{
    uint8_t *data = malloc(length);
    if (data == NULL)
        return 0;
    memset(data, byte, length);
    piece->data = data;
    piece->length = length;
    piece->capacity = length;
    piece->release = micro_free;
    return 1;
}

static uint32_t fail(MicroBuffer *piece, const char *reason)
{
    give_static(piece, reason);
    return MICRO_STREAM_FAILED;
}

/* Whether the time is over for which the next piece is kept back. */
static int is_due(Pieces *pieces, const MicroWaker *waker)
{
    uint64_t now = 0;
    if (pieces->timer != 0)
        pieces->host->timer_cancel(pieces->timer);
    pieces->timer = 0;
    if (!pieces->host->now(&now))
        return 1;
    if (pieces->due == 0)
        pieces->due = now + 10000000;
    if (now < pieces->due) {
        pieces->timer = pieces->host->timer_set(pieces->due, waker);
        return pieces->timer == 0;
    }
    pieces->due = 0;
    return 1;
}

static uint32_t poll_pieces(void *data, const MicroWaker *waker, MicroBuffer *piece)
{
    Pieces *pieces = data;

    if (pieces->manner == WAITS && !is_due(pieces, waker))
        return MICRO_STREAM_PENDING;
    if (pieces->manner == FAILS_FIRST)
        return fail(piece, "no piece at all");
    if (pieces->manner == UNKNOWN)
        return 9;
    if (pieces->manner == HUGE_PIECE) {
        give_static(piece, "short");
        piece->length = (size_t)-1;
        return MICRO_STREAM_PIECE;
    }
    if (pieces->manner == ENDLESS)
        return give_allocated(piece, 'x', 65536) ? MICRO_STREAM_PIECE : fail(piece, "no memory");

    switch (pieces->at++) {
    case 0:
        give_static(piece, "one, ");
        return MICRO_STREAM_PIECE;
    case 1:
        if (!give_allocated(piece, ' ', 5))
            return fail(piece, "no memory");
        memcpy(piece->data, "two, ", 5);
        return MICRO_STREAM_PIECE;
    case 2:
        if (pieces->manner == FAILS)
            return fail(piece, "no third piece");
        give_static(piece, "three");
        return MICRO_STREAM_PIECE;
    default:
        return MICRO_STREAM_END;
    }
}

static void drop_pieces(void *data)
{
    Pieces *pieces = data;
    /* A timer that is still set wakes a waker that is of no use any more, which does no harm;
     * cancelling it is for the loop's thread, and this may be another one. */
    free(pieces);
    __atomic_sub_fetch(&open_streams, 1, __ATOMIC_SEQ_CST);
}

static uint32_t answer_pieces(const MicroRequest *request, MicroAnswer *answer, enum manner manner,
                              uint64_t length)
{
    Pieces *pieces = calloc(1, sizeof *pieces);
    MicroReply reply = micro_reply_status(200);

    if (pieces == NULL)
        return micro_answer_internal(answer, MICRO_TEXT("no memory for a stream"));
    pieces->manner = manner;
    pieces->host = request->host;
    __atomic_add_fetch(&open_streams, 1, __ATOMIC_SEQ_CST);
    reply.content_type = MICRO_TEXT("text/plain");
    reply.body.kind = MICRO_BODY_STREAM;
    reply.body.stream.data = pieces;
    reply.body.stream.poll = poll_pieces;
    reply.body.stream.drop = drop_pieces;
    reply.body.stream.has_length = length != 0;
    reply.body.stream.length = length;
    return micro_answer(answer, reply);
}

HANDLER(stream)
{
    UNUSED;
    return answer_pieces(request, answer, EVEN, 0);
}

HANDLER(stream_length)
{
    UNUSED;
    return answer_pieces(request, answer, EVEN, 15);
}

HANDLER(stream_short)
{
    UNUSED;
    return answer_pieces(request, answer, EVEN, 20);
}

HANDLER(stream_long)
{
    UNUSED;
    return answer_pieces(request, answer, EVEN, 10);
}

HANDLER(stream_fails)
{
    UNUSED;
    return answer_pieces(request, answer, FAILS, 0);
}

HANDLER(stream_fails_first)
{
    UNUSED;
    return answer_pieces(request, answer, FAILS_FIRST, 0);
}

HANDLER(stream_waits)
{
    UNUSED;
    return answer_pieces(request, answer, WAITS, 0);
}

HANDLER(stream_endless)
{
    UNUSED;
    return answer_pieces(request, answer, ENDLESS, 0);
}

HANDLER(stream_unknown)
{
    UNUSED;
    return answer_pieces(request, answer, UNKNOWN, 0);
}

HANDLER(stream_huge)
{
    UNUSED;
    return answer_pieces(request, answer, HUGE_PIECE, 0);
}

HANDLER(count_streams)
{
    UNUSED;
    return answer_count(answer, &open_streams);
}

#define LISTED(name) MICRO_HANDLER(#name, name, "")

MICRO_MODULE("bodies", "1.0.0",
             LISTED(echo), MICRO_HANDLER("released", count_released, ""), LISTED(stream),
             LISTED(stream_length), LISTED(stream_short), LISTED(stream_long),
             LISTED(stream_fails), LISTED(stream_fails_first), LISTED(stream_waits),
             LISTED(stream_endless), LISTED(stream_unknown), LISTED(stream_huge),
             MICRO_HANDLER("open_streams", count_streams, ""));
