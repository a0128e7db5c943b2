import type { Field } from '../../kit/fields';
import { type Codes, DeviceKind } from '../../locales/codes';

export const GLUCOSE_UNITS: Codes = [
  ['mmol/L', 'mmol/L', 'mmol/L'],
  ['mg/dL', 'mg/dL', 'mg/dL'],
];

const CALIBRATION: Field = { name: 'calibration_due_on', label: 'dev.calibration', kind: 'date', hint: 'dev.calibrationHint' };
const CALIBRATED: Field = { name: 'calibrated_on', label: 'dev.calibrated', kind: 'date', hint: 'dev.calibratedHint' };
const MODEL: Field = { name: 'model', label: 'dev.model', kind: 'text', maxLength: 64 };
const UNIT: Field = { name: 'glucose_unit', label: 'dev.unit', kind: 'code', codes: GLUCOSE_UNITS };
const ZONE: Field = { name: 'zone', label: 'dev.zone', kind: 'text', maxLength: 64, hint: 'dev.zoneHint' };

export const NEW_DEVICE: readonly Field[] = [
  { name: 'code', label: 'dev.code', kind: 'text', maxLength: 64, required: true, hint: 'dev.codeHint' },
  { name: 'kind', label: 'dev.kind', kind: 'code', codes: DeviceKind, required: true },
  MODEL,
  UNIT,
  CALIBRATED,
  CALIBRATION,
  ZONE,
];

export const CHANGED_DEVICE: readonly Field[] = [
  MODEL,
  UNIT,
  CALIBRATED,
  CALIBRATION,
  ZONE,
  { name: 'retired', label: 'dev.retire', kind: 'flag' },
];

export const RETURN: readonly Field[] = [
  { name: 'to_at', label: 'dev.returnedAt', kind: 'moment', hint: 'dev.nowHint' },
];
