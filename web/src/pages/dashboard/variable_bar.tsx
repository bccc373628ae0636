// The variables of a dashboard: a choice each, several where it may have several.
import { Checkbox, Popover, TextInput, Tooltip } from '@mantine/core';
import { useState } from 'react';
import { allValue, type ResolvedVariable } from '../../dashboard/variable_options';
import { AlertIcon, CheckIcon, ChevronDownIcon, SearchIcon } from '../../icons';
import styles from './variable_bar.module.css';

/** More choices than this are searched for. */
const mostOptions = 200;

interface BarProps {
  variables: ResolvedVariable[];
  onChange: (name: string, values: string[]) => void;
}

export function VariableBar({ variables, onChange }: BarProps) {
  const shown = variables.filter(({ variable }) => !variable.hidden && variable.kind !== 'adhoc' && variable.kind !== 'unknown');
  if (shown.length === 0) return null;
  return (
    <div className={styles.bar} role="group" aria-label="Variables">
      {shown.map((one) =>
        one.variable.kind === 'textbox' ? (
          <TextVariable key={one.variable.name} one={one} onChange={(values) => onChange(one.variable.name, values)} />
        ) : (
          <Picker key={one.variable.name} one={one} onChange={(values) => onChange(one.variable.name, values)} />
        ),
      )}
    </div>
  );
}

interface OneProps {
  one: ResolvedVariable;
  onChange: (values: string[]) => void;
}

function TextVariable({ one, onChange }: OneProps) {
  const value = one.values[0] ?? '';
  return (
    <label className={styles.variable}>
      <span className={styles.label}>{one.variable.label}</span>
      <input
        key={value}
        className={styles.text}
        defaultValue={value}
        data-variable={one.variable.name}
        onKeyDown={(event) => event.key === 'Enter' && onChange([event.currentTarget.value])}
        onBlur={(event) => event.currentTarget.value !== value && onChange([event.currentTarget.value])}
      />
    </label>
  );
}

function chosenText({ values, options }: ResolvedVariable): string {
  if (values[0] === allValue) return 'All';
  if (values.length === 0) return 'None';
  return values.map((value) => options.find((option) => option.value === value)?.text ?? value).join(' + ');
}

function Picker({ one, onChange }: OneProps) {
  const { variable, error } = one;
  const [isOpen, setOpen] = useState(false);
  const text = chosenText(one);
  return (
    <div className={styles.variable}>
      <span className={styles.label}>{variable.label}</span>
      <Popover opened={isOpen} onChange={setOpen} position="bottom-start" shadow="md" width={280} trapFocus returnFocus>
        <Popover.Target>
          <button type="button" className={styles.button} aria-label={`${variable.label}: ${text}`} aria-expanded={isOpen} data-variable={variable.name} onClick={() => setOpen(!isOpen)}>
            <span className="truncate">{text}</span>
            <ChevronDownIcon size={12} />
          </button>
        </Popover.Target>
        <Popover.Dropdown p={6}>{isOpen && <Choices one={one} onChange={onChange} onClose={() => setOpen(false)} />}</Popover.Dropdown>
      </Popover>
      {error !== '' && (
        <Tooltip label={error} multiline maw={360}>
          <span className={styles.fault} role="alert" aria-label={error}>
            <AlertIcon size={14} />
          </span>
        </Tooltip>
      )}
    </div>
  );
}

function Choices({ one, onChange, onClose }: OneProps & { onClose: () => void }) {
  const { variable, options, values } = one;
  const [search, setSearch] = useState('');
  const all = variable.includeAll ? [{ text: 'All', value: allValue }, ...options] : options;
  const words = search.toLowerCase();
  const found = all.filter(({ text }) => text.toLowerCase().includes(words));
  const choose = (value: string) => {
    if (!variable.multi || value === allValue) {
      onChange([value]);
      onClose();
      return;
    }
    const others = values.filter((known) => known !== allValue && known !== value);
    const next = values.includes(value) ? others : [...others, value];
    onChange(next.length > 0 ? next : variable.includeAll ? [allValue] : values);
  };
  return (
    <>
      <TextInput
        size="xs"
        data-autofocus
        placeholder={`Search ${options.length.toLocaleString('en-US')}`}
        aria-label={`Search ${variable.label}`}
        leftSection={<SearchIcon size={13} />}
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
        onKeyDown={(event) => event.key === 'Enter' && found[0] && choose(found[0].value)}
      />
      <div className={styles.options} role="listbox" aria-multiselectable={variable.multi} aria-label={variable.label}>
        {found.slice(0, mostOptions).map(({ text, value }) => {
          const isChosen = values.includes(value);
          return (
            <button key={value} type="button" role="option" aria-selected={isChosen} className={styles.option} onClick={() => choose(value)} title={text}>
              {variable.multi && <Checkbox size="xs" checked={isChosen} readOnly tabIndex={-1} aria-hidden="true" />}
              <span className="truncate grow">{text}</span>
              {!variable.multi && isChosen && <CheckIcon size={13} />}
            </button>
          );
        })}
        {found.length === 0 && <p className="faint">{options.length === 0 ? 'There are no values.' : 'None matches.'}</p>}
        {found.length > mostOptions && <p className="faint">{found.length - mostOptions} more: search for them.</p>}
      </div>
    </>
  );
}
