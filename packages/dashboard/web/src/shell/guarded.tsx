import { Component, type ReactNode } from 'react';
import { Problem } from '../parts/states';

interface GuardedState {
  error: unknown;
  at: string;
}

/** Catches the errors of one page, so that the others stay usable. */
export class Guarded extends Component<{ children: ReactNode }, GuardedState> {
  override state: GuardedState = { error: null, at: '' };

  static getDerivedStateFromError(error: unknown): GuardedState {
    return { error, at: location.href };
  }

  override componentDidUpdate(): void {
    if (this.state.error !== null && this.state.at !== location.href) this.setState({ error: null });
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children;
    return <Problem error={this.state.error} onRetry={() => this.setState({ error: null })} />;
  }
}
