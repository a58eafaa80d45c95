/* Every command, with what it takes. The help, the completions and the man pages say the same. */
#include "proc/cli/cli.h"

static const struct args_option up_options[] = {
    { "http", 0, "HOST:PORT", "also answer HTTP there (loopback; port 0 is any)" },
    { "workers", 0, "N", "programs that run at the same time" },
    { "foreground", 0, NULL, "stay in front and say everything" },
};

static const struct args_option exec_options[] = {
    { "eval", 'e', "CODE", "the program itself, instead of a file" },
    { "input", 'i', "JSON|@FILE", "the value of `input` in the program" },
    { "key", 'k', "KEY", "the same key within a day gives the same execution" },
    { "preview", 0, NULL, "decide its calls and make none" },
    { "yes", 'y', NULL, "answer approvals with yes, as the person who typed this" },
    { "no-wait", 0, NULL, "print its id and leave" },
};

/* Those of exec without a program's. */
static const struct args_option call_options[] = {
    { "key", 'k', "KEY", "the same key within a day gives the same execution" },
    { "preview", 0, NULL, "decide it and do not make it" },
    { "yes", 'y', NULL, "answer its approval with yes, as the person who typed this" },
    { "no-wait", 0, NULL, "print the execution's id and leave" },
};

static const struct args_option add_options[] = {
    { "env", 0, "NAME=VALUE", "a variable of its environment; again for more" },
    { "secret-env", 0, "NAME[=VALUE]", "the same, kept as a secret; asked for without a value" },
    { "folder", 0, "FOLDER", "where it runs (here)" },
    { "header", 0, "NAME[: VALUE]", "sent with each request to a URL; asked for without a value" },
    { "allow-host", 0, "HOST", "may be this machine or a private network; again for more" },
    { "kind", 0, "KIND", "mcp_http, mcp_sse, openapi or graphql; else it is found out" },
    { "base-url", 0, "URL", "where requests go, instead of what the document says" },
    { "partial", 0, NULL, "import what is sound of a document that is not" },
    { "yes", 'y', NULL, "run it and approve its tools without asking" },
};

static const struct args_option import_options[] = {
    { "allow-host", 0, "HOST", "may be this machine or a private network; again for more" },
    { "dry-run", 0, NULL, "show what there is, and add nothing" },
    { "yes", 'y', NULL, "add what is shown without asking" },
};

static const struct args_option approve_options[] = {
    { "effect", 0, "TOOL=CLASS", "read, write or destructive instead of what it seems to be" },
    { "yes", 'y', NULL, "without asking" },
};

static const struct args_option auth_options[] = {
    { "remove", 0, NULL, "take it away instead" },
};

static const struct args_option remove_options[] = {
    { "yes", 'y', NULL, "with its further connections, without asking" },
};

static const struct args_option search_options[] = {
    { "source", 0, "NAME", "only of this source" },
    { "effect", 0, "CLASS", "only read, write or destructive" },
    { "limit", 0, "N", "at most so many (20)" },
    { "offset", 0, "N", "after so many" },
};

static const struct args_option why_options[] = {
    { "effect", 0, "CLASS", "read, write or destructive, instead of the tool's own" },
    { "channel", 0, "CHANNEL", "mcp, cli, api or web" },
    { "agent", 0, "NAME", "asked by this agent" },
    { "args", 0, "JSON", "with these arguments" },
};

static const struct args_option list_options[] = {
    { "limit", 'n', "N", "at most so many (20)" },
};

static const struct args_option show_options[] = {
    { "follow", 'f', NULL, "go on until it has ended" },
};

static const struct args_option inbox_options[] = {
    { "follow", 'f', NULL, "go on with what opens later, until Ctrl-C" },
};

static const struct args_option export_options[] = {
    { "from", 0, "SEQUENCE", "the first line" },
    { "to", 0, "SEQUENCE", "the last line" },
};

#define NO_OPTIONS    NULL, 0
#define OPTIONS(list) list, ARRAY_COUNT(list)

static const struct args_command commands[] = {
    { "up", "", "Starts Writ, if it does not run", OPTIONS(up_options), 0, 0, false, command_up },
    { "down", "", "Ends Writ in order; what waits goes on at the next start", NO_OPTIONS, 0, 0,
      false, command_down },
    { "status", "", "Says what runs, and its addresses", NO_OPTIONS, 0, 0, false, command_status },
    { "exec", "FILE | - | -e CODE", "Runs a program; its answer alone is on standard output",
      OPTIONS(exec_options), 0, 1, false, command_exec },
    { "mcp", "", "Speaks MCP on standard input and output, for an agent", NO_OPTIONS, 0, 0, false,
      command_mcp },
    { "sources", "", "Lists where tools come from", NO_OPTIONS, 0, 0, false, command_sources_list },
    { "sources list", "", "Lists where tools come from", NO_OPTIONS, 0, 0, false,
      command_sources_list },
    { "sources add", "NAME URL|FILE | NAME -- COMMAND ARGS... | NAME@CONNECTION",
      "Adds what is at an address, in a document, or behind a command: MCP, OpenAPI or GraphQL; "
      "or another account of one, with credentials of its own",
      OPTIONS(add_options), 1, 2, true, command_sources_add },
    { "sources import", "[NAME...]",
      "Adds what Claude Code, Cursor, VS Code and Codex are configured with here",
      OPTIONS(import_options), 0, 64, false, command_sources_import },
    { "sources show", "NAME", "Shows one, with its tools", NO_OPTIONS, 1, 1, false,
      command_sources_show },
    { "sources diff", "NAME [TOOL]", "Shows what is new or changed and waits", NO_OPTIONS, 1, 2,
      false, command_sources_diff },
    { "sources approve", "NAME [TOOL...]",
      "Makes what waits, or the tools named, callable, after showing it", OPTIONS(approve_options),
      1, 200, false, command_sources_approve },
    { "sources reject", "NAME [TOOL...]",
      "Says no to what waits, or takes the tools named back: not callable, not asked again",
      NO_OPTIONS, 1, 200, false, command_sources_reject },
    { "sources refresh", "NAME [FILE]",
      "Asks again what one offers, or reads its document again; what changed waits", NO_OPTIONS, 1,
      2, false, command_sources_refresh },
    { "sources auth", "NAME [SCHEME] [-]", "Gives one a credential, typed where nobody sees it",
      OPTIONS(auth_options), 1, 3, false, command_sources_auth },
    { "sources remove", "NAME", "Forgets one; its records stay", OPTIONS(remove_options), 1, 1,
      false, command_sources_remove },
    { "tools", "", "Lists what can be called", NO_OPTIONS, 0, 0, false, command_tools_search },
    { "tools search", "TEXT", "Finds tools by what they do", OPTIONS(search_options), 0, 1, false,
      command_tools_search },
    { "tools describe", "ADDRESS", "Says what one takes and gives", NO_OPTIONS, 1, 1, false,
      command_tools_describe },
    { "tools call", "ADDRESS [JSON|@FILE]", "Calls one, through the same gate as a program's call",
      OPTIONS(call_options), 1, 2, false, command_tools_call },
    { "policy", "", "Shows the rules that hold", NO_OPTIONS, 0, 0, false, command_policy_show },
    { "policy show", "", "Shows the rules that hold", NO_OPTIONS, 0, 0, false,
      command_policy_show },
    { "policy apply", "FILE", "Puts a file of rules in force", NO_OPTIONS, 1, 1, false,
      command_policy_apply },
    { "policy why", "ADDRESS", "Says what such a call would be told, and by which rule",
      OPTIONS(why_options), 1, 1, false, command_policy_why },
    { "inbox", "", "Asks you what waits for you", OPTIONS(inbox_options), 0, 0, false,
      command_inbox },
    { "inbox list", "", "Lists what waits for you", NO_OPTIONS, 0, 0, false, command_inbox_list },
    { "inbox show", "ID", "Shows all of one", NO_OPTIONS, 1, 1, false, command_inbox_show },
    { "inbox answer", "ID approve|deny|submit|done|not-done|again [VALUE]", "Answers one",
      NO_OPTIONS, 2, 3, false, command_inbox_answer },
    { "log", "", "Lists what ran", OPTIONS(list_options), 0, 0, false, command_log_list },
    { "log list", "", "Lists what ran", OPTIONS(list_options), 0, 0, false, command_log_list },
    { "log show", "ID|last", "Tells one execution, and the ledger of its calls",
      OPTIONS(show_options), 1, 1, false, command_log_show },
    { "audit verify", "", "Proves that the log is whole and unchanged", NO_OPTIONS, 0, 0, false,
      command_audit_verify },
    { "audit export", "", "Prints the log, line by line", OPTIONS(export_options), 0, 0, false,
      command_audit_export },
    { "version", "", "Prints the version", NO_OPTIONS, 0, 0, false, command_version },
    { "help", "[COMMAND]", "Explains", NO_OPTIONS, 0, 2, false, command_help },
    { "completion", "bash|zsh|fish", "Prints a completion script", NO_OPTIONS, 1, 1, false,
      command_completion },
};

static const struct args_option everywhere[] = {
    { "json", 0, NULL, "print for programs" },
    { "no-start", 0, NULL, "do not start Writ where it does not run" },
    { "help", 'h', NULL, "explain this command" },
};

static const char *const kinds[] = { "mcp_http", "mcp_sse", "openapi", "graphql", NULL };
static const char *const effects[] = { "read", "write", "destructive", NULL };
static const char *const channels[] = { "mcp", "cli", "api", "web", NULL };

static const struct args_rule rules[] = {
    { .option = "http", .kind = ARGS_PLACE },
    { .option = "workers", .kind = ARGS_NUMBER, .min = 1, .max = 256 },
    { .option = "eval", .kind = ARGS_ANY },
    { .option = "key", .kind = ARGS_TEXT, .max = 256 },
    { .option = "env", .kind = ARGS_MANY },
    { .option = "secret-env", .kind = ARGS_MANY },
    { .option = "header", .kind = ARGS_MANY },
    { .option = "allow-host", .kind = ARGS_MANY },
    { .option = "kind", .kind = ARGS_ONE_OF, .of = kinds },
    { .option = "effect", .value = "TOOL=CLASS", .kind = ARGS_MANY },
    { .option = "effect", .kind = ARGS_ONE_OF, .of = effects },
    { .option = "channel", .kind = ARGS_ONE_OF, .of = channels },
    { .option = "args", .kind = ARGS_JSON },
    { .option = "limit", .kind = ARGS_NUMBER, .min = 1 },
    { .option = "from", .kind = ARGS_NUMBER, .min = 1 },
    { .option = "to", .kind = ARGS_NUMBER, .min = 1 },
};

static const struct args_id ids[] = {
    { "log show", "exe", "last" },
    { "inbox show", "inp", NULL },
    { "inbox answer", "inp", NULL },
};

const struct args_table cli_table = {
    .commands = commands,
    .count = ARRAY_COUNT(commands),
    .everywhere = everywhere,
    .everywhere_count = ARRAY_COUNT(everywhere),
    .rules = rules,
    .rules_count = ARRAY_COUNT(rules),
    .ids = ids,
    .ids_count = ARRAY_COUNT(ids),
};
