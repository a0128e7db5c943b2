import { HeldQueue } from './HeldQueue';

/** Readings of which nobody knows whose they are. */
export default function UnmatchedPage() {
  return <HeldQueue title="nav.unmatched" unmatched />;
}
