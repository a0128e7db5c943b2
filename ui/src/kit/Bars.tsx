import { BarChart } from 'echarts/charts';
import { use } from 'echarts/core';

use([BarChart]);

/** The chart with bars, for the pages that draw some. */
export { default } from './Chart';
