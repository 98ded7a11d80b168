/* What a module says of itself, so bare that it can be wrong in every way: `micro.h` would not let
 * it. The numbers of the right one come from the test, as macros. */
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char *data;
    size_t length;
} Text;

typedef struct {
    Text name;
    uint32_t kind;
    uint32_t is_required;
} Parameter;

typedef struct {
    Text name;
    Text summary;
    uint32_t kind;
    uint32_t flags;
    const Parameter *parameters;
    size_t parameter_count;
    const void *data;
    const void *call;
} Function;

typedef struct {
    uint32_t abi_version;
    uint32_t module_size;
    uint32_t function_size;
    uint32_t parameter_size;
    uint32_t request_size;
    uint32_t reply_size;
    uint32_t host_size;
    uint32_t flags;
    Text name;
    Text version;
    const Function *functions;
    size_t function_count;
    const void *data;
    const void *open;
    const void *close;
} Module;

#define TEXT(literal) { literal, sizeof(literal) - 1 }
#define COUNT(array) (sizeof(array) / sizeof *(array))
