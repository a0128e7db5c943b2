import { FACT_KINDS } from './facts';
import { FactsCard } from './FactsCard';

interface FactsPanelProps {
  readonly id: string;
  readonly kind: keyof typeof FACT_KINDS;
}

export default function FactsPanel({ id, kind }: FactsPanelProps) {
  return <FactsCard id={id} kind={FACT_KINDS[kind]} />;
}
