import { type Language, setLanguage, useWords } from '../locales/language';

/** The other language in its own name, so that those who need it can read it. */
const OTHER: Readonly<Record<Language, { readonly language: Language; readonly name: string }>> = {
  'zh-CN': { language: 'en', name: 'English' },
  en: { language: 'zh-CN', name: '\u4e2d\u6587' },
};

export function LanguageSwitch({ className }: { readonly className?: string | undefined }) {
  const other = OTHER[useWords().language];
  return (
    <button type="button" lang={other.language} className={className} onClick={() => void setLanguage(other.language)}>
      {other.name}
    </button>
  );
}
