import { Tag, type Tone } from '../../kit/Tag';
import { AlertTier } from '../../locales/codes';
import { usePageWords } from '../../locales/pages';
import type { AlertTierCode } from './alerts';

const TONES: Readonly<Record<AlertTierCode, Tone>> = { RED: 'bad', ORANGE: 'warn', YELLOW: 'time' };

export function TierTag({ tier }: { readonly tier: AlertTierCode }) {
  const { name } = usePageWords();
  return <Tag tone={TONES[tier]}>{name(AlertTier, tier)}</Tag>;
}
