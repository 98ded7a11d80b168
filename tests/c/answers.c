/*
 * Answers that are wrong at the border. Whatever a handler does here, the peer gets one whole
 * answer, and the connection is good for the next request.
 *
 * - `plain`: 200 and `plain`, for comparison
 * - `bare`: the same as a bare text, to which a RESPONSE may give another status and form
 * - `twice`: 200 and `first`; the log has a line about the second answer; its body is released
 * - `nothing`: DONE without an answer or a promise: 500
 * - `pending`: PENDING without a future: 500
 * - `pending_answered`: an answer, then PENDING without a future: 200 and `answered`
 * - `unknown`: neither DONE nor PENDING: 500
 * - `status_0`: 500
 * - `status_199`: 500
 * - `status_600`: 500
 * - `status_999`: 500
 * - `status_huge`: 2^16 + 200, which is 200 to whoever cuts it: 500
 * - `split`: a header value with CR LF in it: 500, and no header `X-Injected`
 * - `name_space`: a header name with a blank in it: 500
 * - `name_empty`: a header without a name: 500
 * - `framing`: a header `Content-Length` of 3: 500
 * - `type_bytes`: a media type that is not UTF-8: 500
 * - `value_bytes`: a header value that is not UTF-8: 500
 * - `problem_bytes`: a failure whose message is not UTF-8: 400, and what is not is replaced
 * - `failure_bytes`: a 500 whose detail for the log is not UTF-8: 500, the log has a whole line
 * - `body_unknown`: a body of kind 99: 500
 * - `body_null`: a body to be copied, null and of no length: 200 without content
 * - `owned_null`: bytes that change hands, null, of no length, with nothing to release: the same
 * - `stream_null`: a stream without functions: 500
 * - `origin_unknown`: an origin of 99: 200 and `plain`
 * - `problem_200`: a failure with the status 200: 500
 * - `bare_split`: as `split`, as a bare text: 500, whatever a RESPONSE says
 * - `long_copy`: bytes to be copied, more than there can be: 500
 * - `long_static`: bytes that stay, more than there can be: 500
 * - `long_owned`: bytes that change hands, more than there can be: 500; they are released
 * - `long_problem`: a failure whose message is longer than anything can be: 500
 * - `long_type`: a media type that is: 500
 * - `long_type_static`: a media type that is, and that stays: 500, also the second time
 * - `long_name`: a header whose name is: 500
 * - `long_value`: a header whose value is: 500
 * - `long_headers`: more headers than there can be: 500
 * - `releases`: how many bodies of `twice` and `long_owned` were released, as text
 */
#include <stdio.h>

#include "micro.h"

#define HANDLER(name)                                                                              \
    static uint32_t name(const void *data, void *state, const MicroRequest *request,               \
                         MicroAnswer *answer, MicroFuture *future)

#define UNUSED (void)data, (void)state, (void)request, (void)answer, (void)future

static int releases;

static void release(uint8_t *data, size_t length, size_t capacity)
{
    (void)data, (void)length, (void)capacity;
    __atomic_add_fetch(&releases, 1, __ATOMIC_RELAXED);
}

static MicroReply plain_reply(uint32_t status)
{
    return micro_reply_text(status, MICRO_TEXT("plain"));
}

static uint32_t with_header(MicroAnswer *answer, MicroText name, MicroText value)
{
    MicroHeader header;
    MicroReply reply = plain_reply(200);
    memset(&header, 0, sizeof header);
    header.name = name;
    header.value = value;
    reply.headers = &header;
    reply.header_count = 1;
    return micro_answer(answer, reply);
}

HANDLER(plain)
{
    UNUSED;
    return micro_answer(answer, plain_reply(200));
}

HANDLER(bare)
{
    MicroReply reply = plain_reply(200);
    UNUSED;
    reply.origin = MICRO_ORIGIN_TEXT;
    return micro_answer(answer, reply);
}

HANDLER(twice)
{
    static uint8_t second[] = "second";
    MicroReply reply = micro_reply_status(200);
    UNUSED;
    micro_answer_text(answer, 200, MICRO_TEXT("first"));
    reply.body.kind = MICRO_BODY_OWNED;
    reply.body.buffer.data = second;
    reply.body.buffer.length = sizeof second - 1;
    reply.body.buffer.release = release;
    if (answer->take(answer, &reply) != MICRO_ANSWERED_ALREADY)
        micro_log(request->host, MICRO_LEVEL_ERROR, MICRO_TEXT("a second answer was taken"));
    return MICRO_DONE;
}

HANDLER(nothing)
{
    UNUSED;
    return MICRO_DONE;
}

HANDLER(pending)
{
    UNUSED;
    return MICRO_PENDING;
}

HANDLER(pending_answered)
{
    UNUSED;
    micro_answer_text(answer, 200, MICRO_TEXT("answered"));
    return MICRO_PENDING;
}

HANDLER(unknown)
{
    UNUSED;
    return 7;
}

HANDLER(status_0)
{
    UNUSED;
    return micro_answer(answer, plain_reply(0));
}

HANDLER(status_199)
{
    UNUSED;
    return micro_answer(answer, plain_reply(199));
}

HANDLER(status_600)
{
    UNUSED;
    return micro_answer(answer, plain_reply(600));
}

HANDLER(status_999)
{
    UNUSED;
    return micro_answer(answer, plain_reply(999));
}

HANDLER(status_huge)
{
    UNUSED;
    return micro_answer(answer, plain_reply(65536 + 200));
}

HANDLER(split)
{
    UNUSED;
    return with_header(answer, MICRO_TEXT("X-One"), MICRO_TEXT("1\r\nX-Injected: 2"));
}

HANDLER(name_space)
{
    UNUSED;
    return with_header(answer, MICRO_TEXT("X One"), MICRO_TEXT("1"));
}

HANDLER(name_empty)
{
    UNUSED;
    return with_header(answer, micro_text(NULL), MICRO_TEXT("1"));
}

HANDLER(framing)
{
    UNUSED;
    return with_header(answer, MICRO_TEXT("Content-Length"), MICRO_TEXT("3"));
}

HANDLER(type_bytes)
{
    UNUSED;
    return micro_answer_copy(answer, 200, MICRO_TEXT("text/\xff"), micro_bytes("x", 1));
}

HANDLER(value_bytes)
{
    UNUSED;
    return with_header(answer, MICRO_TEXT("X-One"), MICRO_TEXT("\xc3("));
}

HANDLER(problem_bytes)
{
    UNUSED;
    return micro_answer_problem(answer, 400, MICRO_TEXT("bad \xf0\x9f bytes"));
}

HANDLER(failure_bytes)
{
    UNUSED;
    return micro_answer_internal(answer, MICRO_TEXT("bad \xf0\x9f bytes"));
}

HANDLER(body_unknown)
{
    MicroReply reply = plain_reply(200);
    UNUSED;
    reply.body.kind = 99;
    return micro_answer(answer, reply);
}

HANDLER(body_null)
{
    UNUSED;
    return micro_answer_copy(answer, 200, MICRO_TEXT("text/plain"), micro_bytes(NULL, 0));
}

HANDLER(owned_null)
{
    MicroReply reply = micro_reply_status(200);
    UNUSED;
    reply.body.kind = MICRO_BODY_OWNED;
    return micro_answer(answer, reply);
}

HANDLER(stream_null)
{
    MicroReply reply = micro_reply_status(200);
    UNUSED;
    reply.body.kind = MICRO_BODY_STREAM;
    return micro_answer(answer, reply);
}

HANDLER(origin_unknown)
{
    MicroReply reply = plain_reply(200);
    UNUSED;
    reply.origin = 99;
    return micro_answer(answer, reply);
}

HANDLER(problem_200)
{
    UNUSED;
    return micro_answer_problem(answer, 200, MICRO_TEXT("no failure at all"));
}

HANDLER(bare_split)
{
    MicroHeader header;
    MicroReply reply = plain_reply(200);
    UNUSED;
    memset(&header, 0, sizeof header);
    header.name = MICRO_TEXT("X-One");
    header.value = MICRO_TEXT("1\r\nX-Injected: 2");
    reply.origin = MICRO_ORIGIN_TEXT;
    reply.headers = &header;
    reply.header_count = 1;
    return micro_answer(answer, reply);
}

/* ---- Lengths that nothing has ---- */

#define TOO_LONG ((size_t)-1)

static uint32_t long_body(MicroAnswer *answer, uint32_t status, uint32_t kind)
{
    static uint8_t bytes[] = "short";
    MicroReply reply = micro_reply_status(status);
    reply.body.kind = kind;
    reply.body.buffer.data = bytes;
    reply.body.buffer.length = TOO_LONG;
    reply.body.buffer.release = kind == MICRO_BODY_OWNED ? release : NULL;
    return micro_answer(answer, reply);
}

static MicroText too_long(const char *text)
{
    MicroText found = micro_text(text);
    found.length = TOO_LONG;
    return found;
}

HANDLER(long_copy)
{
    UNUSED;
    return long_body(answer, 200, MICRO_BODY_COPY);
}

HANDLER(long_static)
{
    UNUSED;
    return long_body(answer, 200, MICRO_BODY_STATIC);
}

HANDLER(long_owned)
{
    UNUSED;
    return long_body(answer, 200, MICRO_BODY_OWNED);
}

HANDLER(long_problem)
{
    UNUSED;
    return long_body(answer, 400, MICRO_BODY_PROBLEM);
}

HANDLER(long_type)
{
    UNUSED;
    return micro_answer_copy(answer, 200, too_long("text/plain"), micro_bytes("x", 1));
}

HANDLER(long_type_static)
{
    MicroReply reply = plain_reply(200);
    UNUSED;
    reply.content_type = too_long("text/plain");
    reply.flags = MICRO_IS_STATIC;
    return micro_answer(answer, reply);
}

HANDLER(long_name)
{
    UNUSED;
    return with_header(answer, too_long("X-One"), MICRO_TEXT("1"));
}

HANDLER(long_value)
{
    UNUSED;
    return with_header(answer, MICRO_TEXT("X-One"), too_long("1"));
}

HANDLER(long_headers)
{
    static const MicroHeader header;
    MicroReply reply = plain_reply(200);
    UNUSED;
    reply.headers = &header;
    reply.header_count = TOO_LONG;
    return micro_answer(answer, reply);
}

HANDLER(count_releases)
{
    char text[16];
    UNUSED;
    snprintf(text, sizeof text, "%d", __atomic_load_n(&releases, __ATOMIC_RELAXED));
    return micro_answer_text(answer, 200, micro_text(text));
}

#define LISTED(name) MICRO_HANDLER(#name, name, "")

MICRO_MODULE("answers", "1.0.0",
             LISTED(plain), LISTED(bare), LISTED(twice), LISTED(nothing), LISTED(pending),
             LISTED(pending_answered), LISTED(unknown), LISTED(status_0), LISTED(status_199),
             LISTED(status_600), LISTED(status_999), LISTED(status_huge), LISTED(split),
             LISTED(name_space), LISTED(name_empty), LISTED(framing), LISTED(type_bytes),
             LISTED(value_bytes), LISTED(problem_bytes), LISTED(failure_bytes),
             LISTED(body_unknown), LISTED(body_null), LISTED(owned_null), LISTED(stream_null),
             LISTED(origin_unknown), LISTED(problem_200), LISTED(bare_split), LISTED(long_copy),
             LISTED(long_static), LISTED(long_owned), LISTED(long_problem), LISTED(long_type),
             LISTED(long_type_static), LISTED(long_name), LISTED(long_value),
             LISTED(long_headers),
             MICRO_HANDLER("releases", count_releases, ""));
