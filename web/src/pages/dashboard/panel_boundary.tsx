// A panel that fails to draw says so; the others go on.
import { Component, type ReactNode } from 'react';
import { PanelMessage } from './panel_message';
import styles from './panel.module.css';

export class PanelBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    if (!this.state.error) return this.props.children;
    return (
      <div className={styles.body} data-failed>
        <PanelMessage kind="error" title="This panel could not be drawn" text={this.state.error.message} />
      </div>
    );
  }
}
