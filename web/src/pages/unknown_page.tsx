import { EmptyState } from '../components/states';
import { SearchIcon } from '../icons';
import { ViewLink } from '../navigation';
import { emptyViews } from '../url_state';

export function UnknownPage({ path }: { path: string }) {
  return (
    <div className="page">
      <div className="panel">
        <EmptyState title="There is no such page" icon={<SearchIcon size={22} />}>
          <span className="code">{path}</span> names no page of Pharos. Go to <ViewLink to={emptyViews.services}>Services</ViewLink>.
        </EmptyState>
      </div>
    </div>
  );
}
