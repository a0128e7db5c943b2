// Today's work over the same API, as one would write it with Ant Design: bar, navigation, tabs with counts, a table of
// fifty rows and three rates with a trend drawn as SVG. The peer of benchmarks/ui.py; it has no other page.
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query';
import { Button, Card, ConfigProvider, Input, Layout, Menu, Segmented, Select, Skeleton, Table, Tabs, Tag, Typography } from 'antd';
import zhCN from 'antd/locale/zh_CN';
import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';

const client = new QueryClient({ defaultOptions: { queries: { retry: 1, staleTime: 5000 } } });

async function ask(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

const useAsked = (path, on = true) => useQuery({ queryKey: [path], queryFn: () => ask(path), enabled: on });

const TABS = [['critical', '危急'], ['overdue', '超期'], ['today', '今日'], ['soon', '近期'], ['all', '全部']];
const COLOURS = { critical: 'red', overdue: 'purple', today: 'blue', soon: 'default' };
const SEX = { M: '男', F: '女', U: '未知' };
const DISEASE = { HTN: '高血压', T2DM: '糖尿病' };
const RATES = [['IND-02', '规范管理率'], ['IND-03', '血压控制率'], ['IND-04', '血糖控制率']];
const NAVIGATION = [
  ['诊前', ['今日工作', '预警', '待核实读数', '未匹配读数']],
  ['诊中', ['患者', '登记建档']],
  ['管理', ['重复档案', '设备']],
  ['系统', ['个人设置', '帮助']],
];

const COLUMNS = [
  {
    title: '姓名 / 电话', width: 150,
    render: (_, row) => (<><a href={`/patients/${row.patient.id}`}>{row.patient.name}</a> <Typography.Text type="secondary">{row.patient.phone ?? '无电话'}</Typography.Text></>),
  },
  { title: '性别 / 年龄', width: 90, render: (_, row) => `${SEX[row.patient.sex]} ${row.patient.age} 岁` },
  { title: '病种', width: 70, render: (_, row) => DISEASE[row.disease] ?? '综合' },
  { title: '状态', width: 80, render: (_, row) => <Tag color={COLOURS[row.group]}>{TABS.find(([one]) => one === row.group)[1]}</Tag> },
  { title: '原因', ellipsis: true, render: (_, row) => row.reason.zh },
  { title: '末次血压 mmHg', align: 'right', render: (_, row) => (row.last_blood_pressure ? `${row.last_blood_pressure.sbp_mmhg}/${row.last_blood_pressure.dbp_mmhg}` : '○ 无记录') },
  { title: '末次血糖 mmol/L', align: 'right', render: (_, row) => row.last_glucose?.mmol_l ?? '○ 无记录' },
  { title: '到期日', align: 'right', render: (_, row) => `${row.due_on.slice(5)} ${row.days_overdue > 0 ? `超 ${row.days_overdue} 天` : ''}` },
]; // prettier-ignore

function WorkList({ clinic }) {
  const [tab, setTab] = useState('all');
  const [disease, setDisease] = useState('');
  const filter = disease ? `&disease=${disease}` : '';
  const counts = useAsked(`/v1/worklist/counts?clinic=${clinic}${filter}`);
  const list = useAsked(`/v1/worklist?clinic=${clinic}&group=${tab}&limit=50${filter}`);
  return (
    <Card
      title="今日工作"
      extra={<Segmented value={disease} onChange={setDisease} options={[{ value: '', label: '全部病种' }, { value: 'HTN', label: '高血压' }, { value: 'T2DM', label: '糖尿病' }]} />}
    >
      <Tabs
        activeKey={tab}
        onChange={setTab}
        items={TABS.map(([key, label]) => ({ key, label: `${label} ${counts.data?.[key] ?? '…'}` }))}
      />
      <Table size="small" rowKey="id" columns={COLUMNS} dataSource={list.data?.items} loading={list.isPending} pagination={false} sticky />
    </Card>
  );
}

function Trend({ values }) {
  const points = values.map((one, index) => `${(index / Math.max(1, values.length - 1)) * 290 + 5},${75 - Number(one.percent ?? 0) * 0.7}`);
  return (
    <svg viewBox="0 0 300 80" width="100%" role="img" aria-label="趋势">
      <polyline points={points.join(' ')} fill="none" stroke="#0b5cad" strokeWidth="2" />
    </svg>
  );
}

function Rate({ code, title, values }) {
  const own = values.filter((one) => one.code === code);
  const last = own[own.length - 1];
  return (
    <Card size="small" title={title} extra={<Segmented size="small" options={['趋势', '表格', '口径']} />}>
      <Typography.Title level={3}>{last?.percent == null ? '—' : `${last.percent}%`}</Typography.Title>
      <Trend values={own} />
    </Card>
  );
}

function Rates({ clinic }) {
  const now = new Date().toISOString().slice(0, 7);
  const from = `${Number(now.slice(0, 4)) - 1}-${now.slice(5)}`;
  const definitions = useAsked('/v1/indicators');
  const values = useAsked(`/v1/indicator-values?codes=${RATES.map(([code]) => code).join(',')}&scope=${clinic}&from=${from}&to=${now}`);
  if (!values.data || !definitions.data) return <Skeleton active />;
  return RATES.map(([code, title]) => <Rate key={code} code={code} title={title} values={values.data.items} />);
}

function Screen() {
  const session = useAsked('/v1/session');
  const me = useAsked('/v1/me');
  const tree = useAsked('/v1/organisations', me.isSuccess);
  const clinics = (tree.data?.items ?? []).filter((one) => one.kind === 'clinic');
  const clinic = clinics[0];
  return (
    <Layout style={{ minHeight: '100vh' }}>
      <Layout.Header style={{ display: 'flex', gap: 16, alignItems: 'center', color: '#fff' }}>
        慢病管理中心
        <Input.Search placeholder="姓名、首字母、证件号" style={{ width: 260 }} />
        {clinic && <Select style={{ width: 260 }} value={clinic.id} options={clinics.map((one) => ({ value: one.id, label: one.name.zh }))} />}
        <span style={{ marginLeft: 'auto' }}>{me.data?.display_name}</span>
        <Button size="small" data-build={session.data?.ui_build}>退出登录</Button>
      </Layout.Header>
      <Layout>
        <Layout.Sider theme="light" width={150}>
          <Menu
            mode="inline"
            defaultSelectedKeys={['今日工作']}
            items={NAVIGATION.map(([group, pages]) => ({ type: 'group', key: group, label: group, children: pages.map((page) => ({ key: page, label: page })) }))}
          />
        </Layout.Sider>
        <Layout.Content style={{ padding: 12, display: 'grid', gridTemplateColumns: '1fr 320px', gap: 12, alignItems: 'start' }}>
          {clinic ? <WorkList clinic={clinic.id} /> : <Skeleton active />}
          <div>{clinic && <Rates clinic={clinic.id} />}</div>
        </Layout.Content>
      </Layout>
    </Layout>
  );
}

createRoot(document.getElementById('root')).render(
  <StrictMode>
    <ConfigProvider locale={zhCN}>
      <QueryClientProvider client={client}>
        <Screen />
      </QueryClientProvider>
    </ConfigProvider>
  </StrictMode>,
);
