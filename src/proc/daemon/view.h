/* What the API shows of a tool, in its own answer as in that of its source. */
#ifndef WRIT_PROC_DAEMON_VIEW_H
#define WRIT_PROC_DAEMON_VIEW_H

#include "domain/catalog/catalog.h"
#include "edge/api/view.h"

struct daemon;

/* Without its schemas and its types. Its texts are of the turn, or borrowed from the tool. */
struct api_tool daemon__tool_view(struct daemon *daemon, const struct catalog_source *source,
                                  const struct catalog_tool *tool);

#endif
