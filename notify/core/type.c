#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/tree.h"
#include "notify/core/type.h"

/* The setting under its name, its -file or its -credential. */
static const struct config_setting *find(const struct config_section *s,
					 const char *name)
{
	static const char *const endings[] = { "", "-file", "-credential" };
	const struct config_setting *found = NULL;
	char form[64];

	for (size_t i = 0; i < 3 && name && !found; i++) {
		(void)snprintf(form, sizeof(form), "%s%s", name, endings[i]);
		found = config_section_find(s, form);
	}
	return found;
}

void type_fault(struct type_check *c, const char *setting, const char *format,
		...)
{
	const struct config_setting *s = find(c->section, setting);
	char text[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	faults_add(c->faults, s ? s->file : c->section->file,
		   s ? s->line : c->section->line, "%s", text);
}

void type_no_memory(struct type_check *c, const char *setting)
{
	type_fault(c, setting, "out of memory");
	c->faults->failed = true;
}
