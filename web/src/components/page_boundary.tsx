// Catches what a page throws while it renders, so that the header and the other pages go on.
import { Component, type ReactNode } from 'react';
import { ErrorState } from './states';

interface State {
  error: Error | null;
}

export class PageBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: Error): State {
    return { error };
  }

  override render() {
    if (!this.state.error) return this.props.children;
    return (
      <div className="page">
        <ErrorState
          title="This page could not be shown"
          error={this.state.error}
          onRetry={() => window.location.reload()}
        />
      </div>
    );
  }
}
