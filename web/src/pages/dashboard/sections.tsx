// The panels of a dashboard on their grid, below the headings of their rows.
import { useState } from 'react';
import type { Datasource } from '../../api/grafana/datasources';
import { interpolate, type VariableValue } from '../../dashboard/interpolate';
import type { PlacedSection } from '../../dashboard/layout';
import { scopeOf } from '../../dashboard/queries';
import { plural } from '../../format';
import { ChevronDownIcon, ChevronRightIcon } from '../../icons';
import type { TimeWindow } from '../../time_range';
import { PanelFrame } from './panel_frame';
import styles from './sections.module.css';

interface SectionsProps {
  sections: PlacedSection[];
  variables: ReadonlyMap<string, VariableValue>;
  known: Datasource[];
  page: TimeWindow;
  syncKey: string;
  /** One panel alone, by key or Grafana's number; empty: all. */
  alone: string;
  onAlone: (key: string) => void;
}

export function Sections({ sections, alone, ...rest }: SectionsProps) {
  const [changed, setChanged] = useState<ReadonlySet<string>>(new Set());
  const single = alone === '' ? undefined : sections.flatMap(({ panels }) => panels).find(({ key, panel }) => key === alone || `${panel.id}` === alone.replace(/^panel-/, ''));
  if (single) return <PanelFrame key={`${single.key} alone`} placed={single} isAlone {...rest} />;
  const toggle = (key: string) =>
    setChanged((now) => {
      const next = new Set(now);
      if (!next.delete(key)) next.add(key);
      return next;
    });
  return (
    <div className={styles.sections}>
      {sections.map((section) => {
        const isOpen = section.collapsed === changed.has(section.key);
        return (
          <section key={section.key} className={styles.section} data-testid="section">
            {section.title !== undefined && <Heading section={section} isOpen={isOpen} variables={rest.variables} onToggle={() => toggle(section.key)} />}
            {(isOpen || section.title === undefined) && section.panels.length > 0 && (
              <div className={styles.grid}>
                {section.panels.map((placed) => (
                  <PanelFrame key={placed.key} placed={placed} isAlone={false} {...rest} />
                ))}
              </div>
            )}
          </section>
        );
      })}
    </div>
  );
}

interface HeadingProps {
  section: PlacedSection;
  isOpen: boolean;
  variables: ReadonlyMap<string, VariableValue>;
  onToggle: () => void;
}

function Heading({ section, isOpen, variables, onToggle }: HeadingProps) {
  const title = interpolate(section.title ?? '', scopeOf(variables, section.fixed), 'title');
  return (
    <h2 className={styles.heading}>
      <button type="button" aria-expanded={isOpen} onClick={onToggle}>
        {isOpen ? <ChevronDownIcon size={14} /> : <ChevronRightIcon size={14} />}
        {title || 'Row'}
        {!isOpen && <span className="faint">{plural(section.panels.length, 'panel')}</span>}
      </button>
    </h2>
  );
}
