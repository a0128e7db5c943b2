"""A simulated region: people, what happens to them, and what is written down of it, at any size.

`plan` says how much, `region` where, `people` who, `lives` when they are in care, `levels` how ill they truly are. From
these follow the records: `visits`, `exams`, `home` (readings of devices) and `care` (laboratory, medicines, referrals).
`rows` turns records into table rows, `store` writes them by COPY, `files` writes them as files, `gateways` sends them.
Everything is drawn in cells of at most 1,000 people of one clinic, each from its own stream of random numbers, so that
the same plan makes the same region however it is written.
"""
