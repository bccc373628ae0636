// The traps: what a stack's files do in silence and their author did not mean. One file a
// family; each looks at the whole stack and reports only what is so by what the files say.
#pragma once

#include "server/check/stack.h"

namespace pharos::server::check {

/// Docker names containers "/name"; a label that copies it never equals "name".
void FindDockerNames(const Stack& stack, Findings& out);
/// The Collector's `namespace` renames what queries still call by the old name.
void FindRenamedMetrics(const Stack& stack, Findings& out);
/// Quantiles of seconds over the SDKs' default buckets, which are meant for milliseconds.
void FindDefaultBuckets(const Stack& stack, Findings& out);
/// `$labels.x` in a template where the expression's result cannot have x.
void FindEmptyTemplateLabels(const Stack& stack, Findings& out);
/// `up == 0` that is meant to tell of absence, or watches another program.
void FindUpAlerts(const Stack& stack, Findings& out);
/// Relabel regexes that match no target of their own job.
void FindDeadRelabelRules(const Stack& stack, Findings& out);
/// Labels that an exporter does not have; one thing under two label names.
void FindForeignLabels(const Stack& stack, Findings& out);
/// Trace ids in queries that are not 16 or 32 hex digits.
void FindTraceIds(const Stack& stack, Findings& out);
/// Rules that nothing evaluates, alerts that nobody is told about.
void FindUnwiredRules(const Stack& stack, Findings& out);
/// Keys of a scrape job at the top of prometheus.yml.
void FindLostIndentation(const Stack& stack, Findings& out);

/// All of them, by file and line.
Findings FindTraps(const Stack& stack);

}  // namespace pharos::server::check
