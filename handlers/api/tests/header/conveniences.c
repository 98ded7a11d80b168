/*
 * The second part of micro.h at work, and examples/c/hello.c with it, against a stand-in for the
 * program: one promise, one task, a clock that the test moves.
 */
#include <stdio.h>

#include "micro.h"

static void expect(int is_so, const char *what, int line)
{
    if (is_so)
        return;
    fprintf(stderr, "line %d: not so: %s\n", line, what);
    exit(1);
}
#define EXPECT(what) expect(!!(what), #what, __LINE__)

/* ---- The stand-in ---- */

static struct {
    int has_loop;
    uint64_t now, deadline;
    MicroTask task; /* No data: none. */
    int timers, promises, answers;
    uint32_t status, level;
    char body[256], type[64], failure[64], line[64], target[64];
} world;

static void keep(char *copy, size_t size, const void *data, size_t length)
{
    EXPECT(length < size);
    if (length != 0)
        memcpy(copy, data, length);
    copy[length] = '\0';
}

static void take_reply(MicroReply *reply)
{
    world.answers++;
    world.status = reply->status;
    keep(world.type, sizeof world.type, reply->content_type.data, reply->content_type.length);
    keep(world.failure, sizeof world.failure, reply->failure.data, reply->failure.length);
    keep(world.body, sizeof world.body, reply->body.buffer.data, reply->body.buffer.length);
    micro_reply_drop(reply);
}

static uint32_t take(MicroAnswer *answer, MicroReply *reply)
{
    (void)answer;
    take_reply(reply);
    return MICRO_TAKEN;
}

static void log_line(uint32_t level, MicroText target, MicroText message)
{
    world.level = level;
    keep(world.target, sizeof world.target, target.data, target.length);
    keep(world.line, sizeof world.line, message.data, message.length);
}

static uint32_t log_level(void)
{
    return MICRO_LEVEL_INFO;
}

static uint32_t config_find(const MicroConfig *config, MicroText name, MicroText *value)
{
    (void)config;
    if (!micro_text_is(name, "color"))
        return 0;
    *value = MICRO_TEXT("blue");
    return 1;
}

static MicroResponder responder;

static MicroResponder *request_delay(const MicroRequest *request)
{
    (void)request;
    world.promises++;
    return &responder;
}

static void responder_answer(MicroResponder *kept, MicroReply *reply)
{
    EXPECT(kept == &responder);
    world.promises--;
    take_reply(reply);
}

static uint32_t now(uint64_t *nanoseconds)
{
    *nanoseconds = world.now;
    return (uint32_t)world.has_loop;
}

static uint64_t timer_set(uint64_t nanoseconds, const MicroWaker *waker)
{
    (void)waker;
    if (!world.has_loop)
        return 0;
    world.timers++;
    world.deadline = nanoseconds;
    return 7;
}

static void timer_cancel(uint64_t timer)
{
    EXPECT(timer == 7);
    world.timers--;
}

static uint32_t spawn(const MicroTask *task)
{
    if (!world.has_loop) {
        task->drop(task->data);
        return 0;
    }
    EXPECT(world.task.data == NULL);
    world.task = *task;
    return 1;
}

static const MicroHost *host(void)
{
    static MicroHost table;
    table.log = log_line;
    table.log_level = log_level;
    table.config_find = config_find;
    table.request_delay = request_delay;
    table.responder_answer = responder_answer;
    table.now = now;
    table.timer_set = timer_set;
    table.timer_cancel = timer_cancel;
    table.spawn = spawn;
    return &table;
}

/* Polls the task; 1 if it is over and was dropped. */
static int poll_task(void)
{
    static const MicroWaker waker;
    MicroTask task = world.task;
    if (task.poll(task.data, &waker, NULL) == MICRO_PENDING)
        return 0;
    memset(&world.task, 0, sizeof world.task);
    task.drop(task.data);
    return 1;
}

static void drop_task(void)
{
    world.task.drop(world.task.data);
    memset(&world.task, 0, sizeof world.task);
}

/* ---- A request: POST, with three arguments. ---- */

static const char message[] = "/hello/ann?x=1X-One:twoxX-Onethree{}12";
static const MicroField fields[] = { { { 14, 19 }, { 20, 23 } }, { { 24, 29 }, { 29, 34 } } };
static const MicroText names[] = { MICRO_TEXT_INIT("name"), MICRO_TEXT_INIT("seconds"),
                                   MICRO_TEXT_INIT("absent") };
static MicroValue arguments[3];
static MicroConfig config;

static MicroRequest make_request(void)
{
    MicroRequest request;
    memset(&request, 0, sizeof request);
    config.host = request.host = responder.host = host();
    request.config = &config;
    request.bytes = (const uint8_t *)message;
    request.length = sizeof message - 1;
    request.headers = fields;
    request.header_count = 2;
    request.arguments = arguments;
    request.names = names;
    request.argument_count = 3;
    request.path.end = 10;
    request.query.start = 11;
    request.query.end = 14;
    request.body.start = 34;
    request.body.end = 36;
    request.method = MICRO_METHOD_POST;
    memcpy(request.id, "0123456789abcdef", 16);
    memset(arguments, 0, sizeof arguments);
    arguments[0].kind = MICRO_VALUE_SPAN;
    arguments[0].bits = 7 | (uint64_t)10 << 32;
    arguments[1] = micro_value_of_float(1.5);
    return request;
}

static int is(MicroText text, const char *string)
{
    return (int)micro_text_is(text, string);
}

static void test_reading(void)
{
    MicroRequest request = make_request();
    MicroText text;
    char *copy;

    EXPECT(is(micro_method(&request), "POST"));
    request.method = 7;
    EXPECT(is(micro_method(&request), ""));
    EXPECT(is(micro_path(&request), "/hello/ann"));
    EXPECT(is(micro_query(&request), "x=1"));
    EXPECT(is(micro_id(&request), "0123456789abcdef"));
    EXPECT(micro_body(&request).length == 2 && memcmp(micro_body(&request).data, "{}", 2) == 0);
    EXPECT(micro_header(&request, "x-ONE", &text) && is(text, "two"));
    EXPECT(!micro_header(&request, "x-on", &text) && !micro_header(&request, "x-one1", &text));
    EXPECT(micro_setting(request.config, "color", &text) && is(text, "blue"));
    EXPECT(!micro_setting(request.config, "colour", &text));

    copy = micro_text_copy(MICRO_TEXT("ab"));
    EXPECT(copy != NULL && strcmp(copy, "ab") == 0);
    free(copy);
    copy = micro_text_copy(micro_text(NULL));
    EXPECT(copy != NULL && *copy == '\0');
    free(copy);
    EXPECT(micro_text_copy(MICRO_TEXT("a\0b")) == NULL);
    EXPECT(MICRO_TEXT("").length == 0 && micro_text("abc").length == 3);
    EXPECT(!micro_text_is_nocase(MICRO_TEXT("a\0"), "a"));
    EXPECT(micro_text_is_nocase(MICRO_TEXT("[aZ"), "[Az") && !micro_text_is_nocase(MICRO_TEXT("["), "{"));
}

static void test_values(void)
{
    MicroRequest request = make_request();
    const MicroValue *name = micro_argument(&request, "name");
    MicroValue value;
    MicroText text;
    int64_t whole = 5;
    uint64_t size = 5;
    double number = 5;
    uint32_t truth = 5;

    EXPECT(micro_argument(&request, "nam") == NULL);
    EXPECT(micro_value_is_given(name) && !micro_value_is_given(micro_argument(&request, "absent")));
    EXPECT(!micro_value_is_given(NULL) && !micro_value_text(&request, NULL, &text));
    EXPECT(!micro_value_int(&request, NULL, &whole) && !micro_value_float(&request, NULL, &number));
    EXPECT(!micro_value_bool(&request, NULL, &truth) && !micro_value_json(NULL, &text));
    EXPECT(micro_value_text(&request, name, &text) && is(text, "ann"));
    EXPECT(!micro_value_int(&request, name, &whole) && !micro_value_bool(&request, name, &truth));
    EXPECT(!micro_value_float(&request, name, &number) && !micro_value_uint(&request, name, &size));
    EXPECT(whole == 5 && size == 5 && number == 5 && truth == 5);

    value = micro_value_of_int(-3);
    EXPECT(micro_value_int(&request, &value, &whole) && whole == -3);
    EXPECT(micro_value_float(&request, &value, &number) && number == -3);
    EXPECT(!micro_value_uint(&request, &value, &size) && !micro_value_text(&request, &value, &text));
    value = micro_value_of_int(3);
    EXPECT(micro_value_uint(&request, &value, &size) && size == 3);
    value.kind = MICRO_VALUE_UINT;
    value.bits = UINT64_MAX;
    EXPECT(micro_value_uint(&request, &value, &size) && size == UINT64_MAX);
    EXPECT(!micro_value_int(&request, &value, &whole));
    EXPECT(micro_value_float(&request, &value, &number) && number > 1.8e19);
    value = micro_value_of_float(0.25);
    EXPECT(micro_value_float(&request, &value, &number) && number == 0.25);
    EXPECT(!micro_value_int(&request, &value, &whole));
    value = micro_value_of_bool(7);
    EXPECT(micro_value_bool(&request, &value, &truth) && truth == 1);

#define OF(literal) (value = micro_value_of_text(MICRO_TEXT(literal)), &value)
    EXPECT(micro_value_int(&request, OF("9223372036854775807"), &whole) && whole == INT64_MAX);
    EXPECT(micro_value_int(&request, OF("-9223372036854775808"), &whole) && whole == INT64_MIN);
    EXPECT(micro_value_int(&request, OF("-0"), &whole) && whole == 0);
    EXPECT(micro_value_int(&request, OF("+12"), &whole) && whole == 12);
    EXPECT(!micro_value_int(&request, OF("9223372036854775808"), &whole));
    EXPECT(!micro_value_int(&request, OF("-9223372036854775809"), &whole));
    EXPECT(micro_value_uint(&request, OF("18446744073709551615"), &size) && size == UINT64_MAX);
    EXPECT(!micro_value_uint(&request, OF("18446744073709551616"), &size));
    EXPECT(!micro_value_int(&request, OF(""), &whole) && !micro_value_int(&request, OF("-"), &whole));
    EXPECT(!micro_value_int(&request, OF("+"), &whole) && !micro_value_int(&request, OF("1 "), &whole));
    EXPECT(!micro_value_int(&request, OF("-+1"), &whole) && !micro_value_int(&request, OF("++1"), &whole));
    EXPECT(micro_value_float(&request, OF("-1.5e3"), &number) && number == -1500);
    EXPECT(!micro_value_float(&request, OF("nan"), &number) && !micro_value_float(&request, OF("0x1"), &number));
    EXPECT(!micro_value_float(&request, OF("1e999"), &number) && !micro_value_float(&request, OF(""), &number));
    EXPECT(!micro_value_float(&request, OF("1\0"), &number) && !micro_value_float(&request, OF("e"), &number));
    EXPECT(micro_value_bool(&request, OF("TRUE"), &truth) && truth == 1);
    EXPECT(micro_value_bool(&request, OF("0"), &truth) && truth == 0);
}

static void test_replies(void)
{
    MicroAnswer answer = { take };
    MicroReport report;
    char *text = malloc(2);
    (void)report;

    EXPECT(text != NULL && memcpy(text, "hi", 2));
    EXPECT(micro_answer_owned(&answer, 201, MICRO_TEXT("a/b"), text, 2) == MICRO_DONE);
    EXPECT(world.status == 201 && !strcmp(world.body, "hi") && !strcmp(world.type, "a/b"));
    micro_answer_status(&answer, 204);
    EXPECT(world.status == 204 && world.body[0] == '\0' && world.type[0] == '\0');
    micro_answer_text(&answer, 200, MICRO_TEXT("hello"));
    EXPECT(!strcmp(world.body, "hello") && !strcmp(world.type, "text/plain; charset=utf-8"));
    micro_answer_json(&answer, 200, MICRO_TEXT("[]"));
    EXPECT(!strcmp(world.body, "[]") && !strcmp(world.type, "application/json"));
    /* Who sets another media type need not know of the flag. */
    EXPECT(micro_reply_text(200, MICRO_TEXT("hello")).flags == 0);
    EXPECT(micro_reply_json(200, MICRO_TEXT("[]")).flags == 0);
    EXPECT(micro_reply_problem(400, MICRO_TEXT("no")).flags == 0);
    micro_answer_internal(&answer, MICRO_TEXT("no disk"));
    EXPECT(world.status == 500 && !strcmp(world.failure, "no disk"));
    EXPECT(strstr(world.body, "disk") == NULL);

    micro_log(host(), MICRO_LEVEL_DEBUG, MICRO_TEXT("not shown"));
    EXPECT(world.level == 0);
    micro_log(host(), MICRO_LEVEL_INFO, MICRO_TEXT("shown"));
    EXPECT(world.level == 3 && !strcmp(world.line, "shown") && !strcmp(world.target, "hello"));
}

static int calls, last;

static void count(void *data, uint32_t is_due)
{
    EXPECT(data == &calls);
    calls++;
    last = (int)is_due;
}

static void test_after(void)
{
    world.has_loop = 1;
    world.now = 1000;
    EXPECT(micro_after(host(), 50, count, &calls) == 1 && calls == 0);
    EXPECT(!poll_task() && world.timers == 1 && world.deadline == 1050);
    world.now = 1049;
    EXPECT(!poll_task() && world.timers == 1 && calls == 0);
    world.now = 1050;
    EXPECT(poll_task() && calls == 1 && last == 1 && world.timers == 0);

    EXPECT(micro_after(host(), UINT64_MAX, count, &calls) == 1);
    EXPECT(!poll_task() && world.deadline == UINT64_MAX);
    drop_task();
    EXPECT(calls == 2 && last == 0 && world.timers == 0);

    EXPECT(micro_after(host(), 0, count, &calls) == 1);
    drop_task();
    EXPECT(calls == 3 && last == 0 && world.timers == 0);

    EXPECT(micro_after(host(), 5, count, &calls) == 1);
    world.has_loop = 0;
    EXPECT(poll_task() && calls == 4 && last == 0);
    EXPECT(micro_after(host(), 5, count, &calls) == 0 && calls == 5 && last == 0);
}

static uint32_t call(size_t function, const MicroRequest *request)
{
    MicroAnswer answer = { take };
    MicroFuture future;
    memset(&future, 0, sizeof future);
    return micro_module.functions[function].call.handler(NULL, NULL, request, &answer, &future);
}

static void test_hello(void)
{
    MicroRequest request = make_request();

    EXPECT(call(0, &request) == MICRO_DONE && world.status == 200);
    EXPECT(!strcmp(world.body, "hello ann"));
    request.argument_count = 0;
    EXPECT(call(0, &request) == MICRO_DONE && world.status == 400);
    request.argument_count = 3;

    world.has_loop = 1;
    world.now = 0;
    world.answers = 0;
    EXPECT(call(1, &request) == MICRO_DONE && world.promises == 1 && world.answers == 0);
    EXPECT(!poll_task() && world.deadline == 1500000000);
    world.now = world.deadline;
    EXPECT(poll_task() && world.promises == 0 && world.status == 200);
    EXPECT(!strcmp(world.body, "well rested"));
    EXPECT(call(1, &request) == MICRO_DONE && world.promises == 1);
    drop_task();
    EXPECT(world.promises == 0 && world.status == 503);
    world.has_loop = 0;
    EXPECT(call(1, &request) == MICRO_DONE && world.promises == 0 && world.status == 503);
    arguments[1] = micro_value_of_int(-1);
    EXPECT(call(1, &request) == MICRO_DONE && world.promises == 0 && world.status == 400);

    EXPECT(call(2, &request) == MICRO_DONE && world.status == 200 && !strcmp(world.body, "{}"));
    request.body.end = request.body.start;
    EXPECT(call(2, &request) == MICRO_DONE && world.status == 400);
}

int main(void)
{
    test_reading();
    test_values();
    test_replies();
    test_after();
    test_hello();
    puts("all is well");
    return 0;
}
