import { AlertIcon } from '../icons';
import { excerptAt, type PlacedError } from './error_position';
import styles from './query_editor.module.css';

/** The error under its query, with a mark under the place that it means. */
export function QueryError({ error, query }: { error: PlacedError; query: string }) {
  const excerpt = error.offset === null ? null : excerptAt(query, error.offset);
  return (
    <div className={styles.error} role="alert" data-testid="query-error">
      <AlertIcon size={15} />
      <div className="grow">
        <div>
          {error.message}
          {excerpt && <span className="faint num"> · column {excerpt.column + 1}</span>}
        </div>
        {excerpt && (
          <pre className="code" aria-hidden="true">
            {excerpt.line}
            {'\n'}
            {' '.repeat(excerpt.column)}▲
          </pre>
        )}
      </div>
    </div>
  );
}
