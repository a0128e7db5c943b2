import { HeldQueue } from './HeldQueue';

/** Readings of known people that cannot be trusted as they came. */
export default function ReviewPage() {
  return <HeldQueue title="nav.review" unmatched={false} />;
}
