/* How often a source may be listed as another one. */
#include "domain/catalog/news.h"

#include "domain/catalog/internal.h"

#define HOUR_MS 3600000

static int64_t price_ms(size_t bytes)
{
    uint64_t counted = bytes < CATALOG_NEWS_BYTES_MIN ? CATALOG_NEWS_BYTES_MIN : bytes;

    return (int64_t)(counted * HOUR_MS / CATALOG_NEWS_HOUR);
}

/* Those of an artifact are not in the log, but they are kept. */
static size_t list_bytes(const struct catalog_source *source)
{
    size_t bytes = source->instructions.len;

    for (size_t i = 0; i < source->tools_count; i++) {
        const struct catalog_tool *tool = &source->tools[i];

        bytes += tool->name.len + tool->path.len + tool->title.len + tool->description.len +
                 tool->input.len + tool->output.len;
    }
    return bytes;
}

void catalog_news_note(struct catalog *catalog, uint64_t handle, int64_t at_ms)
{
    struct catalog__source *source = map_find_u64(&catalog->sources, handle);

    if (!source)
        return;
    if (source->view.news_free_ms < at_ms)
        source->view.news_free_ms = at_ms;
    source->view.news_free_ms += price_ms(list_bytes(&source->view));
}

int64_t catalog_news_wait_ms(const struct catalog_source *source, int64_t now_ms)
{
    int64_t wait_ms = source->news_free_ms - now_ms - price_ms(CATALOG_NEWS_BURST);

    return source->version > 0 && wait_ms > 0 ? wait_ms : 0;
}
