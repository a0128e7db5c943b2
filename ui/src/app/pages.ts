import { type ComponentType, lazy } from 'react';

import type { Right } from '../api/types';
import { currentLanguage } from '../locales/language';
import type { MessageKey } from '../locales/messages';
import { loadPageWords } from '../locales/page-words';

export type NavGroup = 'before' | 'during' | 'after' | 'manage' | 'system';

export interface PageEntry {
  /** Its address; a part that begins with a colon is the id of a record. */
  readonly path: string;
  /** What it needs; null: every signed-in user has it. */
  readonly right: Right | null;
  /** Where it stands in the navigation; null: it is reached from another page. */
  readonly nav: { readonly group: NavGroup; readonly label: MessageKey } | null;
  readonly Page: ComponentType;
}

const page = (
  path: string,
  right: Right | null,
  nav: PageEntry['nav'],
  load: () => Promise<{ default: ComponentType }>,
): PageEntry => ({ path, right, nav, Page: lazy(path === '/' ? load : () => withWords(load)) });

/** The words of the pages come beside the page, not after it; the first screen has its words in the entry. */
async function withWords(load: () => Promise<{ default: ComponentType }>): Promise<{ default: ComponentType }> {
  const [loaded] = await Promise.all([load(), loadPageWords(currentLanguage())]);
  return loaded;
}

/** Every page: loaded when it is opened. The server knows the same addresses (cmc/web/routes.py). */
export const PAGES: readonly PageEntry[] = [
  page('/', null, { group: 'before', label: 'nav.today' }, () => import('../features/today/TodayPage')),
  page('/recall', 'people.read', { group: 'before', label: 'nav.recall' }, () => import('../features/recall/RecallPage')),
  page('/alerts', 'people.read', { group: 'before', label: 'nav.alerts' }, () => import('../features/alerts/AlertsPage')),
  page('/review', 'readings.review', { group: 'before', label: 'nav.review' }, () => import('../features/review/ReviewPage')),
  page('/unmatched', 'readings.review', { group: 'before', label: 'nav.unmatched' }, () => import('../features/review/UnmatchedPage')),
  page('/patients', 'people.read', { group: 'during', label: 'nav.patients' }, () => import('../features/patients/PatientsPage')),
  page('/patients/new', 'people.write', { group: 'during', label: 'nav.register' }, () => import('../features/registration/RegistrationPage')),
  page('/patients/:id', 'people.read', null, () => import('../features/patient/PatientPage')),
  page('/patients/:id/visit', 'visits.write', null, () => import('../features/visit/VisitPage')),
  page('/patients/:id/visits', 'people.read', null, () => import('../features/visits/VisitsPage')),
  page('/plan', 'people.read', { group: 'after', label: 'nav.plan' }, () => import('../features/plan/PlanPage')),
  page('/referrals', 'people.read', { group: 'after', label: 'nav.referrals' }, () => import('../features/referrals/ReferralsPage')),
  page('/duplicates', 'people.read', { group: 'manage', label: 'nav.duplicates' }, () => import('../features/duplicates/DuplicatesPage')),
  page('/duplicates/:id', 'people.read', null, () => import('../features/duplicates/PairPage')),
  page('/indicators', 'indicators.read', { group: 'manage', label: 'nav.indicators' }, () => import('../features/indicators/IndicatorsPage')),
  page('/indicators/:code', 'indicators.read', null, () => import('../features/indicators/IndicatorPage')),
  page('/quality', 'indicators.read', { group: 'manage', label: 'nav.quality' }, () => import('../features/quality/QualityPage')),
  page('/district', 'indicators.read', { group: 'manage', label: 'nav.district' }, () => import('../features/district/DistrictPage')),
  page('/definitions', 'indicators.read', { group: 'manage', label: 'nav.definitions' }, () => import('../features/definitions/DefinitionsPage')),
  page('/rules', 'organisations.read', { group: 'manage', label: 'nav.rules' }, () => import('../features/rules/RulesPage')),
  page('/reports', 'indicators.read', { group: 'manage', label: 'nav.reports' }, () => import('../features/reports/ReportsPage')),
  page('/reports/:id', 'indicators.read', null, () => import('../features/reports/ReportPage')),
  page('/risk', 'indicators.read', { group: 'manage', label: 'nav.risk' }, () => import('../features/risk/RiskPage')),
  page('/risk/models', 'organisations.read', { group: 'manage', label: 'nav.models' }, () => import('../features/risk/ModelsPage')),
  page('/devices', 'devices.manage', { group: 'manage', label: 'nav.devices' }, () => import('../features/devices/DevicesPage')),
  page('/devices/:id', 'devices.manage', null, () => import('../features/devices/DevicePage')),
  page('/imports', 'people.write', { group: 'system', label: 'nav.imports' }, () => import('../features/imports/ImportsPage')),
  page('/imports/:id', 'people.write', null, () => import('../features/imports/ImportPage')),
  page('/exports', 'people.read', { group: 'system', label: 'nav.exports' }, () => import('../features/exports/ExportsPage')),
  page('/clinics', 'organisations.read', { group: 'system', label: 'nav.clinics' }, () => import('../features/organisations/ClinicsPage')),
  page('/clinics/:id', 'organisations.read', null, () => import('../features/organisations/ClinicPage')),
  page('/users', 'users.manage', { group: 'system', label: 'nav.users' }, () => import('../features/admin/UsersPage')),
  page('/machines', 'machines.manage', { group: 'system', label: 'nav.machines' }, () => import('../features/admin/MachinesPage')),
  page('/audit', 'audit.read', { group: 'system', label: 'nav.audit' }, () => import('../features/audit/AuditPage')),
  page('/state', 'metrics.read', { group: 'system', label: 'nav.state' }, () => import('../features/state/StatePage')),
  page('/settings', null, { group: 'system', label: 'nav.settings' }, () => import('../features/settings/SettingsPage')),
  page('/help', null, { group: 'system', label: 'nav.help' }, () => import('../features/help/HelpPage')),
]; // prettier-ignore
