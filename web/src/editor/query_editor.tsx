// The field for a query: Enter runs it, Shift+Enter breaks the line. Highlighting and completion come
// when the editor is loaded; until then, and if that fails, it is a plain field of the same size.
import { Component, lazy, Suspense, useId, type ReactNode } from 'react';
import { placeError } from './error_position';
import { QueryError } from './query_error';
import styles from './query_editor.module.css';

export type QueryLanguage = 'promql' | 'logql';

export interface QueryEditorProps {
  language: QueryLanguage;
  value: string;
  label: string;
  placeholder: string;
  onChange: (value: string) => void;
  onSubmit: (value: string) => void;
  /** What the server said about the query that is shown. */
  error?: Error | null;
  autoFocus?: boolean;
}

const CodeMirrorEditor = lazy(() => import('./codemirror_editor'));

export function QueryEditor(props: QueryEditorProps) {
  const { error, value } = props;
  const placed = error ? placeError(error.message, value) : null;
  return (
    <div className={styles.wrap}>
      <div className={styles.frame} data-invalid={placed ? true : undefined} data-testid="query-editor">
        <FallbackOnError fallback={<PlainField {...props} />}>
          <Suspense fallback={<PlainField {...props} />}>
            <CodeMirrorEditor {...props} errorOffset={placed?.offset ?? null} />
          </Suspense>
        </FallbackOnError>
      </div>
      {placed && <QueryError error={placed} query={value} />}
    </div>
  );
}

function PlainField({ value, label, placeholder, onChange, onSubmit, autoFocus = false }: QueryEditorProps) {
  const id = useId();
  return (
    <textarea
      id={id}
      className={`code ${styles.plain}`}
      aria-label={label}
      placeholder={placeholder}
      rows={Math.max(1, value.split('\n').length)}
      value={value}
      autoFocus={autoFocus}
      spellCheck={false}
      autoCapitalize="off"
      onChange={(event) => onChange(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || event.shiftKey) return;
        event.preventDefault();
        onSubmit(event.currentTarget.value);
      }}
    />
  );
}

class FallbackOnError extends Component<{ fallback: ReactNode; children: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false };
  static getDerivedStateFromError() {
    return { hasFailed: true };
  }
  override render() {
    return this.state.hasFailed ? this.props.fallback : this.props.children;
  }
}
