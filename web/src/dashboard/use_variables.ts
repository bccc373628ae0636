// The variables of the shown dashboard, asked again when what they depend on changes.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Datasource } from '../api/grafana/datasources';
import type { TimeRange, TimeWindow } from '../time_range';
import type { VariableValue } from './interpolate';
import type { Dashboard } from './model';
import { resolveVariables } from './resolve_variables';
import { toVariableValue, type ResolvedVariable } from './variable_options';

export interface Variables {
  resolved: ResolvedVariable[] | undefined;
  values: ReadonlyMap<string, VariableValue>;
}

/** `range` decides when to ask again: a moving window alone does not. */
export function useVariables(dashboard: Dashboard | undefined, asked: Record<string, string[]>, range: TimeRange, window: TimeWindow, known: Datasource[]): Variables {
  const variables = dashboard?.variables ?? [];
  const { data } = useQuery({
    queryKey: ['variables', dashboard?.uid, variables, asked, range, known],
    queryFn: ({ signal }) => resolveVariables({ variables, asked, window, known, signal }),
    enabled: dashboard !== undefined,
    placeholderData: keepPreviousData,
  });
  const values = useMemo(() => new Map((data ?? []).map((one) => [one.variable.name, toVariableValue(one)])), [data]);
  return { resolved: data, values };
}
