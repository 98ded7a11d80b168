/* Loads a library and writes what its `micro_module` says. */
#include <dlfcn.h>
#include <stdio.h>

#include "micro.h"

static int check_sizes(const MicroModule *module)
{
    return module->abi_version == MICRO_ABI_VERSION && module->module_size == sizeof(MicroModule) &&
           module->function_size == sizeof(MicroFunction) &&
           module->parameter_size == sizeof(MicroParameter) &&
           module->request_size == sizeof(MicroRequest) &&
           module->reply_size == sizeof(MicroReply) && module->host_size == sizeof(MicroHost) &&
           module->flags == 0;
}

static void write_text(MicroText text)
{
    printf("%.*s", (int)text.length, text.data);
}

int main(int count, char **arguments)
{
    void *library = count == 2 ? dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    const MicroModule *module;
    size_t i, k;

    if (library == NULL)
        return fprintf(stderr, "%s\n", dlerror()), 1;
    module = dlsym(library, MICRO_SYMBOL);
    if (module == NULL || !check_sizes(module))
        return fprintf(stderr, "no module, or one of other sizes\n"), 1;

    printf("module ");
    write_text(module->name);
    printf(" ");
    write_text(module->version);
    printf(" data %d open %d close %d\n", module->data != NULL, module->open != NULL,
           module->close != NULL);
    for (i = 0; i < module->function_count; i++) {
        const MicroFunction *function = &module->functions[i];
        printf("function ");
        write_text(function->name);
        printf(" kind %u flags %u data %d call %d: ", function->kind, function->flags,
               function->data != NULL, function->call.address != NULL);
        write_text(function->summary);
        printf("\n");
        for (k = 0; k < function->parameter_count; k++) {
            const MicroParameter *parameter = &function->parameters[k];
            printf("  reads ");
            write_text(parameter->name);
            printf(" type %u required %u\n", parameter->kind, parameter->is_required);
        }
    }
    return 0;
}
