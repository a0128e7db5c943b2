"""The parts of the model card that do not change with the figures."""

from __future__ import annotations

from typing import Final

USE: Final = """## What it is for

**Intended**: adults of 30–79 with hypertension or type 2 diabetes in a Chinese chronic-disease management centre,
to order who is looked at first and as one thing to talk about. A person decides.

**Not for**: diagnosis; choosing a medicine or dose; under 30 or from 80; pregnancy; type 1 diabetes; dialysis; a
percentage for who has already had cardiovascular disease (they are very high without one); insurance; judging
staff. A low number never says "safe": what is due is due. The models run in shadow mode (computed and logged, not
shown) until a named person switches them on for a region; whether that makes the installation a medical device is
for the operator to settle with NMPA notice 2021 No. 47.
"""
METHODS: Final = """## How it was made

- **People**: NHANES 1999–2014 (kidney models to 2016) as prepared in the file of the hash below, 30–79 years, not
  pregnant, linked to the public mortality file to 31 December 2019. A single examination; earlier disease,
  treatment and smoking as told by the person. The public file replaces month and cause of death by made-up ones for
  some of the dead (whether somebody died is untouched).
- **Outcomes**: death, and death from heart disease (leading cause 1) or stroke (5), within 5 and 10 years; kidney
  damage now = eGFR below 60 or albumin-creatinine ratio from 30 mg/g, severe = below 45 or from 300, each measured
  once.
- **Time**: who was lost before the horizon is weighted away (inverse probability of censoring); death from another
  cause is no event.
- **Form**: logistic regression with a ridge penalty on fixed terms (see the JSON: knots, coefficients, 30 refits).
  Age, smoking, diabetes, albumin, lost kidney function and earlier disease may only raise a risk, the rest is free.
  No interactions, no resampling of classes, no variable selection, penalty fixed beforehand.
- **Tiers**: T0 without laboratory values; T1 with HbA1c, total and HDL cholesterol, insulin; T2 with eGFR, albumin
  and stroke. Each tier is made in people complete for it; there are no missing-value indicators. One gap takes the
  usual value of age and sex and widens the band; two gaps drop a tier, or give no number.
- **Together**: the models are made apart. Where one in a thousand people would get a cardiovascular death above death,
  or five years above ten, the lower of the two numbers stands.
- **Band**: 80 %, from refits on people drawn anew. It says how far the number would move with other people of the
  same survey, not how far the survey is from China.
- **External check**: Olmsted County, Minnesota (`survival::nafld`, LGPL; 20 % chosen for fatty liver): deaths, tier
  T0, with diastolic pressure and most smoking unknown and taken as usual. CV death, T1 and T2 have no external
  check.
- **Beside published equations**: in the same people, those to whom the equation gives a number. Their missing
  inputs are constants (8 years of diabetes, LDL 2.7, triglycerides 1.6, home, family history, blood count), which
  handicaps China-PAR, CHIME and RECODe: differences are upper bounds. PREVENT, WHO and China-PAR were not made to
  foretell death.
"""
TRIPOD: Final = (
    ("title, abstract", "this card"),
    ("rationale, use, users", "What it is for"),
    ("data sources and dates", "How it was made; hash of the file in the manifest"),
    ("eligibility, follow-up", "How it was made; 30–79, to 31 December 2019"),
    ("outcome and horizon", "How it was made"),
    ("predictors, timing, units", "one examination; terms, knots and units in each JSON file"),
    ("sample size", "table of models: people, events, events per column"),
    ("missing data", "complete within a tier; tiers and single gaps, see above"),
    ("analysis, model form", "ridge logistic, inverse probability of censoring; full coefficients in JSON"),
    ("class imbalance", "none treated: no resampling, no weights by class"),
    ("fairness", "figures by sex, age, origin, earlier disease, with their intervals; bad ones listed"),
    ("performance", "VALIDATION.md and metrics.json; pictures of calibration and decision curves"),
    ("model updating", "`cmc risk recalibrate`: intercept, then slope, versioned; never a silent retrain"),
    ("external validation", "Olmsted County, deaths, T0 only; none in China"),
    ("interpretability", "sums: parts against a same-age-and-sex person add up exactly"),
    ("usability, human oversight", "ordering only; shadow mode; doctor's override with a reason"),
    ("code and data availability", "code and coefficients here; data from CDC by `cmc risk data fetch`"),
    ("patient and public involvement", "none"),
    ("registration, protocol", "none; splits and lines were set before, see 'What was settled late'"),
    ("funding, conflicts", "none declared"),
)
PROBAST: Final = (
    ("participants and data", "high", "American survey, another era; who is interviewed is healthier"),
    ("predictors", "some", "one visit; earlier disease, smoking and treatment as told; no duration of diabetes"),
    ("outcome", "some", "cause of death from certificates, perturbed for some; one albumin test for kidney damage"),
    (
        "analysis",
        "some",
        "few CV deaths per column in T2 (ridge); survey design unused; the test years were seen before",
    ),
    ("applicability to China", "high", "no Chinese outcome; Asian Americans fewest, their deaths foretold too high"),
)
TAIL: Final = """## What was settled late

The splits and the lines of the gates were set before the code was written, from an earlier study of the same survey.
Settled after figures had been seen: that the gates on level and slope look at 10 years alone (cardiovascular death at
5 years misses the line, see the bad figures); the reader of Olmsted County, whose first run took no diagnosis of heart
disease for its spelling and no smoking (death in 10 years: O/E 1.36, then 1.15; the line is 1.25); that pace is
measured in processor time on one thread, as a busy machine had missed it. Penalty and knots were tried once and kept.

## Keeping watch

`cmc risk monitor`: inputs and scores against the time of release (PSI, 0.2 calls a person), tiers, values out of
range, observed over expected with an exact Poisson interval, CUSUM. Outcomes arrive late: the newest months say
nothing yet. Mortality falls (in this survey some 1 % a year), so the models foretell ever more too much. Alerts
call a person; nothing retrains itself.

## Notices

NHANES and the linked mortality files are public-use data of the U.S. National Center for Health Statistics: for
statistical reporting and analysis only, no attempt to learn who anybody is, no linking with data that name people.
No row of them is in this repository. `survival::nafld` is distributed under the LGPL and is not in this repository.
Questions and faults: the issue tracker of the project.
"""
