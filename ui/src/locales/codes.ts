// Made by `cmc openapi` from the closed sets of the API: value, Chinese, English. Not edited by hand.

export type Code = readonly [value: string, zh: string, en: string];
export type Codes = readonly Code[];

export const AStage: Codes = [
  ["A1", "A1期", "A1"],
  ["A2", "A2期", "A2"],
  ["A3", "A3期", "A3"],
];

export const Abstinence: Codes = [
  ["1", "未戒酒", "Still drinks"],
  ["2", "已戒酒", "Stopped drinking"],
];

export const Act: Codes = [
  ["read", "查看", "Read"],
  ["list", "列表查看", "Seen in a list"],
  ["search", "检索", "Search"],
  ["reveal", "显示隐藏信息", "Masked value revealed"],
  ["export", "导出", "Export"],
  ["create", "新增", "Created"],
  ["change", "修改", "Changed"],
  ["delete", "删除", "Deleted"],
  ["log_in", "登录", "Logged in"],
  ["log_in_failed", "登录失败", "Log-in failed"],
  ["log_out", "退出", "Logged out"],
  ["denied", "拒绝访问", "Denied"],
];

export const Action: Codes = [
  ["ROUTINE", "继续随访", "Continue routine follow-up"],
  ["ADJUST", "调整治疗", "Adjust the treatment"],
  ["REFER", "建议转诊", "Advise referral"],
  ["EMERGENCY_REFER", "紧急转诊", "Treat, then refer urgently"],
  ["NEED_DATA", "补测数据", "Repeat the missing measurement"],
];

export const AddOutcome: Codes = [
  ["added", "已加入今日工作", "Added to today's work"],
  ["already_open", "已在今日工作中", "On the work-list already"],
  ["done_today", "今日已处理", "Done today already"],
  ["not_in_care", "不在管理中", "Not cared for here"],
  ["not_listed", "不在该名单上", "Not on this list"],
];

export const Adherence: Codes = [
  ["1", "规律", "Regular"],
  ["2", "间断", "Irregular"],
  ["3", "不服药", "Not taking"],
  ["4", "拒绝服药", "Refusing"],
];

export const AlertOutcome: Codes = [
  ["called", "已电话处理", "Settled by phone"],
  ["repeated_fine", "复测正常", "The second measurement is fine"],
  ["treated", "已处理或调整治疗", "Treated, or treatment changed"],
  ["referred", "已转诊", "Referred"],
  ["not_real", "数据有误", "The value is not real"],
  ["unreachable", "联系不上", "The person cannot be reached"],
  ["other", "其他", "Other"],
  ["contact", "已随访", "A follow-up answered it"],
  ["reviewed", "读数已核实", "The held readings were settled"],
  ["data_came", "数据已恢复", "Data came again"],
  ["care_ended", "管理结束", "Care has ended"],
  ["died", "死亡", "The person died"],
  ["withdrawn", "读数已撤回", "The reading was withdrawn"],
];

export const AlertRule: Codes = [
  ["critical_pressure", "血压危急值", "Critical blood pressure"],
  ["critical_glucose", "血糖危急值", "Critical glucose"],
  ["danger_symptom", "危险症状", "Danger symptoms"],
  ["home_mean_160_100", "家庭血压均值≥160/100", "Home mean ≥ 160/100"],
  ["high_glucose_2_days", "连续两天血糖≥13.9", "Glucose ≥ 13.9 on two days"],
  ["low_glucose_on_drugs", "使用胰岛素或促泌剂时血糖<4.4", "Glucose < 4.4 on insulin or sulfonylurea"],
  ["weight_gain", "心衰患者3天体重增加≥2公斤", "Heart failure: 2 kg more within 3 days"],
  ["home_mean_135_85", "家庭血压均值≥135/85", "Home mean ≥ 135/85"],
  ["fasting_high_3_times", "空腹血糖连续3次≥7.0", "Fasting glucose ≥ 7.0 three times"],
  ["missed_doses", "漏服药物", "Missed doses"],
  ["stale_data", "长时间无数据", "No data for long"],
  ["unconfirmed_value", "危急值待核实", "A critical value that is not confirmed"],
  ["silent_gateway", "网关离线", "A gateway is silent"],
];

export const AlertStatus: Codes = [
  ["open", "待处理", "Open"],
  ["acknowledged", "处理中", "Acknowledged"],
  ["closed", "已关闭", "Closed"],
];

export const AlertTier: Codes = [
  ["RED", "红色", "Red"],
  ["ORANGE", "橙色", "Orange"],
  ["YELLOW", "黄色", "Yellow"],
];

export const AllergyCategory: Codes = [
  ["medicine", "药物过敏原", "A medicine"],
  ["food", "食物过敏原", "A food"],
  ["other", "其他过敏原", "Something else"],
];

export const BandShown: Codes = [
  ["computed", "系统计算", "computed"],
  ["doctor", "医生判定", "set by a doctor"],
];

export const BarrelChest: Codes = [
  ["1", "非桶状胸", "No barrel chest"],
  ["2", "桶状胸", "Barrel chest"],
];

export const Basis: Codes = [
  ["raw", "原始水平", "as made"],
  ["external", "外部标准，未验证", "external standard, not validated"],
  ["local_intercept", "本地结局校正截距", "intercept from local events"],
  ["local_slope", "本地结局校正截距和斜率", "intercept and slope from local events"],
];

export const Beyond: Codes = [
  ["<", "低于检测下限", "Less than"],
  [">", "高于检测上限", "More than"],
];

export const BloodGroup: Codes = [
  ["1", "A型", "Group A"],
  ["2", "B型", "Group B"],
  ["3", "O型", "Group O"],
  ["4", "AB型", "Group AB"],
  ["5", "血型不详", "Group not known"],
];

export const Breast: Codes = [
  ["1", "乳腺未见异常", "Breasts normal"],
  ["2", "乳房切除", "Breast removed"],
  ["3", "异常泌乳", "Abnormal discharge of milk"],
  ["4", "乳腺包块", "Lump in the breast"],
  ["5", "乳腺其他异常", "Other finding of the breast"],
];

export const Bucket: Codes = [
  ["numerator", "计入分子", "In the numerator"],
  ["not_met", "在分母中，未计入分子", "In the denominator, not in the numerator"],
  ["excluded", "不在分母中", "Not in the denominator"],
];

export const CallChannel: Codes = [
  ["phone", "电话（联系）", "By phone"],
  ["home", "上门", "At home"],
  ["message", "短信", "By text message"],
  ["family", "通过家属", "Through the family"],
  ["village", "通过村居", "Through the village or the street"],
];

export const CallResult: Codes = [
  ["agreed", "同意就诊", "Agreed to come"],
  ["later", "稍后再联系", "Call again later"],
  ["no_answer", "未接通", "No answer"],
  ["wrong_number", "空号或错号", "Wrong number"],
  ["refused", "拒绝", "Refused"],
  ["visited", "已就诊", "Has been seen already"],
  ["elsewhere", "在其他机构管理", "In care elsewhere"],
  ["moved", "迁出", "Moved away"],
  ["died", "死亡（告知）", "Died, as was told"],
  ["other", "其他联系结果", "Another result"],
  ["return_to_list", "放回待联系名单", "Put back on the list"],
];

export const CandidateReason: Codes = [
  ["held_it", "当时领用该设备", "Held this very device then"],
  ["held_it_near", "前后30天内领用过该设备", "Held this device within 30 days of it"],
  ["holds_kind", "当时领用同类设备", "Held a device of this kind then"],
  ["measured_lately", "前后7天内有同类测量", "Has readings of this kind within 7 days of it"],
  ["alike", "数值与其近期测量接近", "The value is like their readings nearest in time"],
];

export const CardiacProblem: Codes = [
  ["1", "未发现心脏疾病", "No heart disease found"],
  ["2", "心肌梗死", "Myocardial infarction"],
  ["3", "心绞痛", "Angina"],
  ["4", "冠状动脉血运重建", "Coronary revascularisation"],
  ["5", "充血性心力衰竭", "Congestive heart failure"],
  ["6", "心前区疼痛", "Precordial pain"],
  ["7", "其他心脏疾病", "Other heart disease"],
];

export const CareItem: Codes = [
  ["ANNUAL_EXAM", "年度健康体检", "Annual health examination"],
  ["EYE", "眼底检查", "Eye examination"],
  ["KIDNEY", "尿白蛋白肌酐比和eGFR", "UACR and eGFR"],
  ["FOOT", "足部全面检查", "Full foot examination"],
  ["NERVE", "周围神经检查", "Nerve examination"],
  ["ABI", "踝臂指数", "Ankle-brachial index"],
  ["ECG", "心电图", "ECG"],
  ["LIPIDS", "血脂", "Lipids"],
  ["HBA1C", "糖化血红蛋白检测", "HbA1c test"],
  ["BLOOD_COUNT", "血常规", "Blood count"],
  ["URINE", "尿常规", "Urine analysis"],
  ["CREATININE", "血肌酐", "Serum creatinine"],
  ["URIC_ACID", "血尿酸", "Uric acid"],
  ["ALT", "谷丙转氨酶", "ALT"],
  ["ELECTROLYTES", "钾、钠、氯", "Potassium, sodium, chloride"],
  ["GLUCOSE_TEST", "血糖检测", "Glucose test"],
];

export const CarriedField: Codes = [
  ["pressure", "血压", "Blood pressure"],
  ["heart_rate", "心率", "Heart rate"],
  ["weight", "体重", "Weight"],
  ["waist", "腰围", "Waist"],
  ["glucose", "空腹血糖", "Fasting glucose"],
  ["lifestyle", "生活方式", "Lifestyle"],
  ["medicines", "用药", "Medicines"],
];

export const CaseReason: Codes = [
  ["due", "保存期满", "The retention period is over"],
  ["requested", "本人要求", "The person asks for it (PIPL art. 47)"],
];

export const CaseState: Codes = [
  ["proposed", "待批准", "Waits for approval"],
  ["half_approved", "已有一人批准", "One person approved"],
  ["approved", "两人已批准", "Two people approved"],
  ["refused", "已拒绝", "Refused"],
  ["done", "已删除", "Deleted"],
];

export const CerebrovascularProblem: Codes = [
  ["1", "未发现脑血管疾病", "No cerebrovascular disease found"],
  ["2", "缺血性卒中", "Ischaemic stroke"],
  ["3", "脑出血", "Cerebral haemorrhage"],
  ["4", "蛛网膜下腔出血", "Subarachnoid haemorrhage"],
  ["5", "短暂性脑缺血发作", "Transient ischaemic attack"],
  ["6", "其他脑血管疾病", "Other cerebrovascular disease"],
];

export const CgmGoal: Codes = [
  ["in_range", "目标范围内时间", "Time in range"],
  ["below", "低于3.9时间", "Time below 3.9"],
  ["below_3_0", "低于3.0时间", "Time below 3.0"],
  ["above", "高于10.0时间", "Time above 10.0"],
  ["above_13_9", "高于13.9时间", "Time above 13.9"],
];

export const CgmGroup: Codes = [
  ["general", "一般成人", "General adult"],
  ["frail", "老年或低血糖高风险", "Old or at high risk of hypoglycaemia"],
];

export const Channel: Codes = [
  ["webhook", "网络回调", "Webhook"],
  ["message", "短信或邮件", "Text message or e-mail"],
];

export const CkdState: Codes = [
  ["UNKNOWN", "未评估", "Not assessed"],
  ["NO", "无慢性肾脏病依据", "No sign of it"],
  ["SUSPECTED", "待3个月后确认", "To be confirmed after three months"],
  ["CONFIRMED", "慢性肾脏病", "Chronic kidney disease"],
];

export const Classification: Codes = [
  ["1", "控制满意", "Controlled"],
  ["2", "控制不满意", "Not controlled"],
  ["3", "不良反应", "Adverse drug reaction"],
  ["4", "并发症", "Complication"],
];

export const ClosingReason: Codes = [
  ["left", "离职", "Left the institution"],
  ["moved", "调岗", "Has another post"],
  ["away", "长期休假", "Away for long"],
  ["shared", "账号被共用", "The account was shared"],
  ["misuse", "疑似违规使用", "Suspected misuse"],
  ["lost", "密码或设备丢失", "Password or device lost"],
];

export const Condition: Codes = [
  ["PREGNANT", "妊娠", "Pregnant"],
  ["PLANNING_PREGNANCY", "备孕", "Planning pregnancy"],
  ["BILATERAL_RENAL_ARTERY_STENOSIS", "双侧肾动脉狭窄", "Bilateral renal-artery stenosis"],
  ["ASTHMA", "支气管哮喘", "Asthma"],
  ["AV_BLOCK_2_3", "二至三度房室传导阻滞", "Atrioventricular block II–III"],
  ["SICK_SINUS", "病态窦房结综合征", "Sick sinus syndrome"],
  ["GOUT", "痛风", "Gout"],
  ["SEVERE_HYPONATRAEMIA", "严重低钠血症", "Severe hyponatraemia"],
  ["SEVERE_INFECTION", "严重感染", "Severe infection"],
  ["HYPOXIA", "缺氧状态", "Hypoxia"],
  ["LIVER_FAILURE", "肝功能衰竭", "Liver failure"],
  ["IODINATED_CONTRAST", "使用碘造影剂", "Iodinated contrast"],
  ["TYPE_1_DIABETES", "1型糖尿病", "Type 1 diabetes"],
  ["KETOACIDOSIS_HISTORY", "酮症酸中毒史", "History of ketoacidosis"],
  ["PERIOPERATIVE", "围手术期", "Peri-operative"],
  ["HEART_FAILURE", "心力衰竭", "Heart failure"],
  ["HEART_FAILURE_3_4", "心力衰竭（心功能III–IV级）", "Heart failure, class III–IV"],
  ["MEDULLARY_THYROID_CANCER", "甲状腺髓样癌", "Medullary thyroid cancer"],
  ["MEN2", "多发性内分泌腺瘤病2型", "Multiple endocrine neoplasia type 2"],
  ["PANCREATITIS", "胰腺炎", "Pancreatitis"],
];

export const ConsentChannel: Codes = [
  ["paper", "纸质签字", "Signed on paper"],
  ["screen", "电子签字", "Signed on a screen"],
  ["phone", "电话", "By phone"],
  ["in_person", "当面口头", "In person"],
  ["not_stated", "未注明", "Not stated"],
];

export const DangerSymptom: Codes = [
  ["ALTERED_CONSCIOUSNESS", "意识或行为改变", "Changed consciousness or behaviour"],
  ["SEVERE_HEADACHE_DIZZINESS", "剧烈头痛或头晕", "Severe headache or dizziness"],
  ["NAUSEA", "恶心", "Nausea"],
  ["VOMITING", "呕吐", "Vomiting"],
  ["BLURRED_VISION", "视物模糊", "Blurred vision"],
  ["EYE_PAIN", "眼痛", "Eye pain"],
  ["PALPITATIONS", "心悸", "Palpitations"],
  ["CHEST_TIGHTNESS", "胸闷", "Chest tightness"],
  ["DYSPNOEA", "喘憋不能平卧", "Dyspnoea, cannot lie flat"],
  ["ACETONE_BREATH", "呼气有烂苹果样丙酮味", "Acetone breath"],
  ["SWEATING", "出汗", "Sweating"],
  ["LOSS_OF_APPETITE", "食欲减退", "Loss of appetite"],
  ["POLYDIPSIA", "多饮", "Excessive thirst"],
  ["POLYURIA", "多尿", "Excessive urination"],
  ["ABDOMINAL_PAIN", "腹痛", "Abdominal pain"],
  ["DEEP_BREATHING", "深大呼吸", "Deep breathing"],
  ["FLUSHED_SKIN", "皮肤潮红", "Flushed skin"],
];

export const DayPart: Codes = [
  ["morning", "早晨", "Morning"],
  ["evening", "晚间", "Evening"],
  ["other", "其他时间", "Other"],
];

export const DeliveryStatus: Codes = [
  ["pending", "待投递", "Pending"],
  ["delivered", "已送达", "Delivered"],
  ["failed", "投递失败", "Given up"],
];

export const DeviceKind: Codes = [
  ["meter", "血糖仪", "Glucose meter"],
  ["sensor", "动态血糖传感器", "Glucose sensor"],
  ["cuff", "血压计", "Blood-pressure cuff"],
  ["combined", "血糖血压一体机", "Glucose meter and cuff in one"],
];

export const DiabetesSymptom: Codes = [
  ["1", "无症状", "No symptoms"],
  ["2", "多饮", "Excessive thirst"],
  ["3", "多食", "Excessive hunger"],
  ["4", "多尿", "Excessive urination"],
  ["5", "视力模糊", "Blurred vision"],
  ["6", "感染", "Infection"],
  ["7", "手脚麻木", "Numb hands or feet"],
  ["8", "下肢浮肿", "Leg oedema"],
  ["9", "体重明显下降", "Marked weight loss"],
];

export const Diet: Codes = [
  ["1", "荤素均衡", "Balanced diet"],
  ["2", "荤食为主", "Mostly meat"],
  ["3", "素食为主", "Mostly vegetarian"],
  ["4", "嗜盐", "Salty"],
  ["5", "嗜油", "Oily"],
  ["6", "嗜糖", "Sweet"],
];

export const Dipstick: Codes = [
  ["-", "尿试纸阴性", "Negative test strip"],
  ["±", "尿试纸可疑", "Trace on the test strip"],
  ["+", "尿试纸1+", "Test strip 1+"],
  ["++", "尿试纸2+", "Test strip 2+"],
  ["+++", "尿试纸3+", "Test strip 3+"],
  ["++++", "尿试纸4+", "Test strip 4+"],
];

export const Disability: Codes = [
  ["1", "无残疾", "No disability"],
  ["2", "视力残疾", "Visual disability"],
  ["3", "听力残疾", "Hearing disability"],
  ["4", "言语残疾", "Speech disability"],
  ["5", "肢体残疾", "Physical disability"],
  ["6", "智力残疾", "Intellectual disability"],
  ["7", "精神残疾", "Mental disability"],
  ["8", "其他残疾", "Other disability"],
];

export const DisabledBecause: Codes = [
  ["by_hand", "手动停用", "By hand"],
  ["gone", "对方已停用（410）", "The receiver said 410 Gone"],
  ["failing", "长期失败", "It failed for long"],
];

export const Disease: Codes = [
  ["HTN", "高血压", "Hypertension"],
  ["T2DM", "2型糖尿病", "Type 2 diabetes"],
];

export const DiseaseSet: Codes = [
  ["HTN", "高血压", "Hypertension"],
  ["T2DM", "2型糖尿病", "Type 2 diabetes"],
  ["HTN_T2DM", "高血压与2型糖尿病", "Hypertension and type 2 diabetes"],
];

export const DismissReason: Codes = [
  ["not_a_person", "质控液或测试", "Control solution or a test"],
  ["wrong_value", "数值错误", "The value is wrong"],
  ["doubled", "重复记录", "It was recorded twice"],
  ["first_is_right", "以首次记录为准", "The first one is right"],
  ["unknown", "无法确认归属", "Nobody can say whose it is"],
];

export const DocumentKind: Codes = [
  ["CITIZEN_ID", "居民身份证件", "Resident identity document"],
  ["HK_MO_TW_PERMIT", "港澳台居民居住证", "Residence permit, Hong Kong, Macau or Taiwan"],
  ["FOREIGN_PERMANENT", "外国人永久居留身份证", "Foreigner's permanent resident card"],
  ["PASSPORT", "护照", "Passport"],
  ["NONE", "无证件", "No document"],
];

export const DoneReason: Codes = [
  ["done_elsewhere", "在其他机构完成", "Done at another institution"],
  ["by_phone", "电话已处理", "Settled by phone"],
  ["not_needed", "医生判断无需", "Not needed, as a doctor judged"],
  ["entered_twice", "重复任务", "The same was asked twice"],
];

export const Drink: Codes = [
  ["1", "白酒", "Spirit"],
  ["2", "啤酒", "Beer"],
  ["3", "红酒", "Red wine"],
  ["4", "黄酒", "Rice wine"],
  ["5", "其他酒类", "Other drink"],
];

export const Drinking: Codes = [
  ["1", "从不饮酒", "Never drinks"],
  ["2", "偶尔饮酒", "Drinks occasionally"],
  ["3", "经常饮酒", "Drinks often"],
  ["4", "每天饮酒", "Drinks daily"],
];

export const DrugAllergy: Codes = [
  ["1", "无药物过敏", "No drug allergy"],
  ["2", "青霉素过敏", "Penicillin allergy"],
  ["3", "磺胺过敏", "Sulfonamide allergy"],
  ["4", "链霉素过敏", "Streptomycin allergy"],
  ["5", "其他药物过敏", "Other drug allergy"],
];

export const DrugLevel: Codes = [
  ["OK", "未见问题", "Nothing found"],
  ["WARN", "提示注意", "Take care"],
  ["BLOCK", "禁止", "Blocked"],
];

export const Drunkenness: Codes = [
  ["1", "近一年曾醉酒", "Was drunk within a year"],
  ["2", "近一年未醉酒", "Was not drunk within a year"],
];

export const Education: Codes = [
  ["1", "研究生", "Postgraduate"],
  ["2", "大学本科", "Bachelor"],
  ["3", "大学专科", "College"],
  ["4", "中等专业学校", "Secondary technical school"],
  ["5", "技工学校", "Technical school"],
  ["6", "高中", "Senior high school"],
  ["7", "初中", "Junior high school"],
  ["8", "小学", "Primary school"],
  ["9", "文盲或半文盲", "Illiterate or semi-literate"],
  ["10", "文化程度不详", "Education not known"],
];

export const EgfrFormula: Codes = [
  ["CKD_EPI_2009", "CKD-EPI 2009", "CKD-EPI 2009"],
  ["CKD_EPI_2021", "CKD-EPI 2021", "CKD-EPI 2021"],
];

export const EndReason: Codes = [
  ["DIED", "死亡", "Died"],
  ["MOVED_OUT", "迁出", "Moved out"],
  ["REFUSED", "拒绝", "Refused"],
  ["LOST", "失访", "Lost to follow-up"],
  ["DIAGNOSIS_WITHDRAWN", "撤销诊断", "Diagnosis withdrawn"],
  ["TRANSFERRED", "转出机构", "Transferred"],
];

export const EnrolmentState: Codes = [
  ["SUSPECTED", "疑似", "Suspected"],
  ["CONFIRMED", "确诊", "Confirmed"],
  ["ACTIVE", "在管", "Under management"],
  ["LOST", "失访", "Lost to follow-up"],
  ["TERMINATED", "终止管理", "Ended"],
];

export const Evaluation: Codes = [
  ["1", "体检无异常", "Nothing abnormal"],
  ["2", "体检有异常", "Something abnormal"],
];

export const EventKind: Codes = [
  ["alert.raised", "新预警", "An alert was raised"],
  ["alert.raised_again", "预警再次发出", "An alert was raised again"],
  ["alert.escalated.manager", "预警上报机构负责人", "An alert went to the clinic's manager"],
  ["alert.escalated.district", "预警上报区级", "An alert went to the district"],
  ["alert.acknowledged", "预警已确认", "An alert was acknowledged"],
  ["alert.closed", "预警已关闭", "An alert was closed"],
  ["alert.storm", "大量预警", "Many alerts of one sender"],
  ["risk.to_look_at", "风险模型监测需查看", "The monitoring of the risk models found something"],
  ["ping", "测试消息", "A message to try a subscription"],
];

export const ExamFootPulse: Codes = [
  ["1", "未触及", "Not felt"],
  ["2", "触及双侧对称", "Felt, both sides alike"],
  ["3", "触及左侧弱或消失", "Felt, weak or absent on the left"],
  ["4", "触及右侧弱或消失", "Felt, weak or absent on the right"],
];

export const ExamSymptom: Codes = [
  ["1", "无症状", "No symptoms"],
  ["2", "头痛", "Headache"],
  ["3", "头晕", "Dizziness"],
  ["4", "心悸", "Palpitations"],
  ["5", "胸闷", "Tightness of the chest"],
  ["6", "胸痛", "Chest pain"],
  ["7", "慢性咳嗽", "Chronic cough"],
  ["8", "咳痰", "Sputum"],
  ["9", "呼吸困难", "Shortness of breath"],
  ["10", "多饮", "Drinking much"],
  ["11", "多尿", "Passing much urine"],
  ["12", "体重下降", "Losing weight"],
  ["13", "乏力", "Fatigue"],
  ["14", "关节肿痛", "Swollen or painful joints"],
  ["15", "视力模糊", "Blurred vision"],
  ["16", "手脚麻木", "Numb hands or feet"],
  ["17", "尿急", "Urgency"],
  ["18", "尿痛", "Painful urination"],
  ["19", "便秘", "Constipation"],
  ["20", "腹泻", "Diarrhoea"],
  ["21", "恶心呕吐", "Nausea or vomiting"],
  ["22", "眼花", "Dim sight"],
  ["23", "耳鸣", "Ringing in the ears"],
  ["24", "乳房胀痛", "Painful breasts"],
  ["25", "其他症状", "Other symptom"],
];

export const ExerciseFrequency: Codes = [
  ["1", "每天锻炼", "Exercises daily"],
  ["2", "每周锻炼一次以上", "Exercises more than once a week"],
  ["3", "偶尔锻炼", "Exercises occasionally"],
  ["4", "不锻炼", "Does not exercise"],
];

export const ExportReason: Codes = [
  ["reporting", "上级报送", "Report to the authority"],
  ["handover", "机构交接", "Hand-over to another institution"],
  ["recall", "召回随访", "To call people in"],
  ["checking", "核对档案", "To check the register"],
];

export const ExportState: Codes = [
  ["waiting", "生成中", "Being made"],
  ["ready", "可下载", "Ready"],
  ["expired", "已过期", "Expired"],
];

export const Exposure: Codes = [
  ["1", "无暴露史", "No exposure"],
  ["2", "化学品", "Chemicals"],
  ["3", "毒物", "Poisons"],
  ["4", "射线", "Radiation"],
];

export const EyeProblem: Codes = [
  ["1", "未发现眼部疾病", "No eye disease found"],
  ["2", "视网膜出血或渗出", "Retinal haemorrhage or exudate"],
  ["3", "视乳头水肿", "Papilloedema"],
  ["4", "白内障", "Cataract"],
  ["5", "其他眼部疾病", "Other eye disease"],
];

export const FactKind: Codes = [
  ["diagnosis", "诊断", "Diagnosis"],
  ["medication", "用药", "Medicine taken"],
  ["allergy", "过敏", "Allergy"],
  ["laboratory_result", "检验结果", "Laboratory result"],
  ["examination", "检查", "Examination"],
  ["lifestyle", "生活方式", "Lifestyle"],
  ["family_history", "家族史", "Family history"],
  ["hospital_stay", "住院", "Hospital stay"],
  ["annual_exam", "年度健康体检记录", "Record of an annual examination"],
];

export const FactSource: Codes = [
  ["management", "建档与管理经过", "Registration and management"],
  ["followups", "随访记录", "Follow-ups"],
  ["annual_exams", "年度体检", "Annual examinations"],
  ["laboratory", "化验结果", "Laboratory results"],
  ["examinations", "专项检查", "Examinations"],
  ["medicines", "用药", "Medicines"],
  ["diagnoses", "诊断", "Diagnoses"],
  ["hospital_stays", "住院", "Hospital stays"],
  ["tasks", "随访任务", "Tasks"],
];

export const FamilyDisease: Codes = [
  ["1", "无家族疾病", "No disease in the family"],
  ["2", "家族高血压", "Hypertension in the family"],
  ["3", "家族糖尿病", "Diabetes in the family"],
  ["4", "家族冠心病", "Coronary heart disease in the family"],
  ["5", "家族慢性阻塞性肺疾病", "COPD in the family"],
  ["6", "家族恶性肿瘤", "Malignant tumour in the family"],
  ["7", "家族脑卒中", "Stroke in the family"],
  ["8", "家族严重精神障碍", "Severe mental disorder in the family"],
  ["9", "家族结核病", "Tuberculosis in the family"],
  ["10", "家族肝炎", "Hepatitis in the family"],
  ["11", "先天畸形", "Congenital malformation"],
  ["12", "其他家族疾病", "Other disease in the family"],
];

export const FollowupGroup: Codes = [
  ["standard", "常规管理组", "Standard group"],
  ["closer", "加强管理组", "Closer group"],
  ["intensive", "强化管理组", "Intensive group"],
];

export const FootPulse: Codes = [
  ["1", "触及正常", "Normal"],
  ["2", "减弱", "Weak"],
  ["3", "消失", "Absent"],
];

export const FootRisk: Codes = [
  ["0", "极低风险", "Very low"],
  ["1", "低风险", "Low foot risk"],
  ["2", "中风险", "Moderate foot risk"],
  ["3", "高风险", "High foot risk"],
];

export const FootSide: Codes = [
  ["BOTH", "双侧", "Both sides"],
  ["LEFT", "左侧", "Left"],
  ["RIGHT", "右侧", "Right"],
];

export const Frequency: Codes = [
  ["QD", "每日一次", "Once a day"],
  ["BID", "每日两次", "Twice a day"],
  ["TID", "每日三次", "Three times a day"],
  ["QID", "每日四次", "Four times a day"],
  ["QN", "每晚一次", "Every night"],
  ["QOD", "隔日一次", "Every other day"],
  ["QW", "每周一次", "Once a week"],
  ["PRN", "必要时", "As needed"],
];

export const GStage: Codes = [
  ["G1", "G1期", "G1"],
  ["G2", "G2期", "G2"],
  ["G3a", "G3a期", "G3a"],
  ["G3b", "G3b期", "G3b"],
  ["G4", "G4期", "G4"],
  ["G5", "G5期", "G5"],
];

export const GlucoseFlag: Codes = [
  ["HI", "高于测量上限", "Above the meter's range"],
  ["LO", "低于测量下限", "Below the meter's range"],
];

export const GlucosePeriod: Codes = [
  ["FASTING", "空腹", "Fasting"],
  ["AFTER_BREAKFAST_2H", "早餐后2小时", "2 h after breakfast"],
  ["BEFORE_LUNCH", "午餐前", "Before lunch"],
  ["AFTER_LUNCH_2H", "午餐后2小时", "2 h after lunch"],
  ["BEFORE_DINNER", "晚餐前", "Before dinner"],
  ["AFTER_DINNER_2H", "晚餐后2小时", "2 h after dinner"],
  ["BEDTIME", "睡前", "Bedtime"],
  ["NIGHT_3AM", "凌晨", "Night"],
  ["RANDOM", "随机", "Random"],
  ["OGTT_0H", "糖耐量0小时", "OGTT 0 h"],
  ["OGTT_1H", "糖耐量1小时", "OGTT 1 h"],
  ["OGTT_2H", "糖耐量2小时", "OGTT 2 h"],
];

export const Guidance: Codes = [
  ["1", "纳入慢性病患者健康管理", "Take into chronic-disease management"],
  ["2", "建议复查", "Advise another check"],
  ["3", "体检建议转诊", "Advise referral after the examination"],
];

export const Happening: Codes = [
  ["raised", "发出", "Raised"],
  ["again", "再次发出", "Raised again"],
  ["escalated", "上报", "Told further up"],
  ["acknowledged", "确认", "Acknowledged"],
  ["closed", "关闭", "Closed"],
];

export const Hazard: Codes = [
  ["dust", "粉尘", "Dust"],
  ["radiation", "放射物质", "Radioactive matter"],
  ["physical", "物理因素", "Physical agent"],
  ["chemical", "化学物质", "Chemical"],
  ["other", "其他有害因素", "Other hazard"],
];

export const Hearing: Codes = [
  ["1", "听见", "Hears"],
  ["2", "听不清或无法听见", "Hears badly or not at all"],
];

export const HeartRhythm: Codes = [
  ["1", "心律齐", "Regular rhythm"],
  ["2", "心律不齐", "Irregular rhythm"],
  ["3", "心律绝对不齐", "Wholly irregular rhythm"],
];

export const HypertensionSymptom: Codes = [
  ["1", "无症状", "No symptoms"],
  ["2", "头痛头晕", "Headache or dizziness"],
  ["3", "恶心呕吐", "Nausea or vomiting"],
  ["4", "眼花耳鸣", "Blurred vision or tinnitus"],
  ["5", "呼吸困难", "Dyspnoea"],
  ["6", "心悸胸闷", "Palpitations or chest tightness"],
  ["7", "鼻衄出血不止", "Nosebleed that does not stop"],
  ["8", "四肢发麻", "Numb limbs"],
  ["9", "下肢水肿", "Leg oedema"],
];

export const Hypoglycaemia: Codes = [
  ["1", "无", "None"],
  ["2", "偶尔", "Occasional"],
  ["3", "频繁", "Frequent"],
];

export const ImportKind: Codes = [
  ["patients", "居民档案（导入）", "People"],
  ["diagnoses", "诊断（导入）", "Diagnoses"],
  ["medications", "用药（导入）", "Medicines taken"],
  ["allergies", "过敏史（导入）", "Allergies"],
  ["labs", "检验结果（导入）", "Laboratory results"],
  ["examinations", "专项检查（导入）", "Examinations"],
  ["lifestyle", "生活方式（导入）", "Lifestyle"],
  ["family_history", "家族史（导入）", "Family history"],
  ["hospital_stays", "住院史（导入）", "Hospital stays"],
  ["annual_exams", "年度体检（导入）", "Annual examinations"],
];

export const ImportState: Codes = [
  ["unmapped", "待对应列", "Columns must be named first"],
  ["checking", "检查中", "Rows are being checked"],
  ["checked", "待确认", "Waits for a decision"],
  ["applying", "导入中", "Rows are being stored"],
  ["done", "已导入", "Done"],
  ["discarded", "已放弃", "Discarded"],
];

export const IndicatorSet: Codes = [
  ["national", "国家基本公共卫生服务", "National programme"],
  ["hearts", "世卫组织HEARTS与Simple", "WHO HEARTS and Simple"],
  ["cms", "美国医保质量指标", "US quality measures (CMS)"],
  ["qof", "英国全科质量框架", "England's quality framework (QOF)"],
  ["quality", "测量数据质量", "Quality of measurements"],
];

export const InputSource: Codes = [
  ["person", "个人信息", "the person's own data"],
  ["place", "所在地区", "the region"],
  ["visits", "近期随访血压均值", "mean of the latest visits"],
  ["office", "诊室测量均值", "mean of readings at the clinic"],
  ["examination", "体检或专项检查", "an examination"],
  ["body", "身高和体重", "height and weight"],
  ["laboratory", "化验结果", "a laboratory result"],
  ["creatinine", "由血肌酐计算（CKD-EPI 2021）", "computed from creatinine (CKD-EPI 2021)"],
  ["diagnoses", "诊断记录", "the diagnoses on file"],
  ["medicines", "用药记录", "the medicines on file"],
  ["lifestyle", "生活方式", "asked of the way of living"],
  ["family", "家族史", "asked of the family"],
  ["form", "随访记录", "the record of a visit"],
  ["registration", "个人基本信息表", "the basic information form"],
  ["hospital", "住院记录", "a stay in hospital"],
];

export const IrregularReason: Codes = [
  ["1", "经济原因", "Cost"],
  ["2", "忘记", "Forgotten"],
  ["3", "不良反应", "Adverse reaction"],
  ["4", "配药不方便", "Hard to obtain"],
  ["99", "其他", "Other"],
];

export const LabFlag: Codes = [
  ["LOW", "偏低", "Below the range"],
  ["NORMAL", "正常", "In range"],
  ["HIGH", "偏高", "Above the range"],
  ["NO_RANGE", "无参考范围", "No range"],
];

export const LegOedema: Codes = [
  ["1", "无下肢水肿", "No oedema of the legs"],
  ["2", "单侧下肢水肿", "Oedema of one leg"],
  ["3", "双侧不对称下肢水肿", "Uneven oedema of both legs"],
  ["4", "双侧对称下肢水肿", "Even oedema of both legs"],
];

export const LegalGround: Codes = [
  ["consent", "个人同意", "Consent"],
  ["statutory_duty", "法定职责", "Statutory duty"],
  ["contract", "签约服务", "Contract"],
];

export const Level: Codes = [
  ["clinic", "机构", "Clinic"],
  ["manager", "机构负责人", "Clinic manager"],
  ["district", "区级督导", "District"],
];

export const Likeness: Codes = [
  ["CERTAIN", "证件号相同", "Same identity number"],
  ["PROBABLE", "很可能为同一人", "Probably one person"],
  ["POSSIBLE", "可能为同一人", "Possibly one person"],
  ["UNLIKELY", "不像同一人", "Probably two people"],
];

export const Lips: Codes = [
  ["1", "口唇红润", "Rosy lips"],
  ["2", "口唇苍白", "Pale lips"],
  ["3", "口唇发绀", "Cyanotic lips"],
  ["4", "口唇皲裂", "Cracked lips"],
  ["5", "口唇疱疹", "Blisters on the lips"],
];

export const LymphNodes: Codes = [
  ["1", "淋巴结未触及", "Lymph nodes not felt"],
  ["2", "锁骨上淋巴结", "Supraclavicular nodes"],
  ["3", "腋窝淋巴结", "Axillary nodes"],
  ["4", "其他淋巴结", "Other nodes"],
];

export const MachineKind: Codes = [
  ["gateway", "设备网关", "Gateway of measuring devices"],
  ["dashboard", "数据看板", "Dashboard"],
  ["monitor", "运行监控", "Monitoring"],
];

export const MaritalStatus: Codes = [
  ["1", "未婚", "Single"],
  ["2", "已婚", "Married"],
  ["3", "丧偶", "Widowed"],
  ["4", "离婚", "Divorced"],
  ["5", "未说明的婚姻状况", "Marital status not stated"],
];

export const Mode: Codes = [
  ["shadow", "影子运行", "in shadow: computed, not shown"],
  ["shown", "已启用", "shown"],
];

export const MotorFunction: Codes = [
  ["1", "可顺利完成动作", "Moves with ease"],
  ["2", "无法独立完成任何一个动作", "Cannot do any of the movements alone"],
];

export const MoveReason: Codes = [
  ["person_asked", "居民要求", "The person asked for it"],
  ["capacity", "当日人数已满", "The day is full"],
  ["staff", "医务人员请假或调班", "Staff are away"],
  ["closed", "机构停诊", "The clinic is closed"],
  ["other", "其他改期原因", "Another reason to move it"],
];

export const NeedKind: Codes = [
  ["MEASURE_PRESSURE", "测量血压", "Measure the blood pressure"],
  ["HOME_OR_AMBULATORY", "家庭或动态血压监测", "Home or ambulatory pressure"],
  ["FASTING_GLUCOSE", "静脉空腹血糖", "Fasting glucose in venous plasma"],
  ["OGTT_OR_HBA1C", "糖耐量试验或标准化糖化血红蛋白", "OGTT or standardised HbA1c"],
  ["CONFIRM_BY_DOCTOR", "上级确诊并制定方案", "Confirmation and a plan by the higher level"],
  ["FOLLOW_REFERRAL", "随访转诊结果", "Follow the referral's result"],
  ["REFER_NOW", "立即转诊", "Refer at once"],
];

export const Normality: Codes = [
  ["1", "正常", "Normal finding"],
  ["2", "异常", "Abnormal finding"],
];

export const OtherSystemProblem: Codes = [
  ["1", "未发现该系统疾病", "No disease of the system found"],
  ["2", "有该系统疾病", "A disease of the system"],
];

export const Override: Codes = [
  ["ANYONE", "知悉即可", "To be read"],
  ["DOCTOR", "医生说明理由", "A doctor, with a reason"],
  ["TWO_PEOPLE", "两人核对并说明理由", "Two people, with a reason"],
];

export const PairState: Codes = [
  ["open", "待审核", "To be looked at"],
  ["dismissed", "确认非同一人", "Two people"],
];

export const PaperFormat: Codes = [
  ["html", "网页", "HTML"],
  ["pdf", "PDF文件", "PDF"],
];

export const Parts: Codes = [
  ["clinic", "按机构", "By clinic"],
  ["district", "按区县", "By district"],
  ["team", "按家庭医生团队", "By family-doctor team"],
  ["doctor", "按责任医生", "By responsible doctor"],
];

export const PastDisease: Codes = [
  ["1", "无既往疾病", "No former disease"],
  ["2", "既往高血压", "Hypertension, in the history"],
  ["3", "既往糖尿病", "Diabetes, in the history"],
  ["4", "冠心病", "Coronary heart disease"],
  ["5", "慢性阻塞性肺疾病", "COPD"],
  ["6", "恶性肿瘤", "Malignant tumour"],
  ["7", "脑卒中", "Stroke"],
  ["8", "严重精神障碍", "Severe mental disorder"],
  ["9", "结核病", "Tuberculosis"],
  ["10", "肝炎", "Hepatitis"],
  ["11", "其他法定传染病", "Other notifiable disease"],
  ["12", "职业病", "Occupational disease"],
  ["13", "其他既往疾病", "Other former disease"],
];

export const Payment: Codes = [
  ["1", "城镇职工基本医疗保险", "Employees' basic insurance"],
  ["2", "城乡居民基本医疗保险", "Residents' basic insurance"],
  ["3", "新型农村合作医疗", "New rural cooperative scheme"],
  ["4", "贫困救助", "Aid in poverty"],
  ["5", "商业医疗保险", "Commercial insurance"],
  ["6", "全公费", "Fully public"],
  ["7", "全自费", "Fully self-paid"],
  ["8", "其他支付方式", "Other payment"],
];

export const PeopleOrder: Codes = [
  ["latest", "最近建档在前", "On file last, first"],
  ["earliest", "最早建档在前", "On file first, first"],
  ["oldest", "年龄从大到小", "Oldest first"],
  ["youngest", "年龄从小到大", "Youngest first"],
];

export const PhoneRelation: Codes = [
  ["SELF", "本人", "The person"],
  ["SPOUSE", "配偶", "Spouse"],
  ["CHILD", "子女", "Child"],
  ["PARENT", "父母", "Parent"],
  ["OTHER_RELATIVE", "其他亲属", "Other relative"],
  ["OTHER", "其他联系人", "Somebody else"],
];

export const Positivity: Codes = [
  ["1", "阴性", "Negative"],
  ["2", "阳性", "Positive"],
];

export const Presence: Codes = [
  ["1", "无", "Absent"],
  ["2", "有", "Present"],
];

export const PrintedKind: Codes = [
  ["htn_sheet", "高血压患者随访服务记录表", "Hypertension follow-up record"],
  ["dm_sheet", "2型糖尿病患者随访服务记录表", "Type 2 diabetes follow-up record"],
  ["medicine_list", "用药清单", "List of medicines"],
  ["referral_slip", "双向转诊单", "Referral slip"],
  ["self_care_card", "自我管理卡", "Self-management card"],
];

export const Priority: Codes = [
  ["0", "风险未知", "Risk not known"],
  ["1", "低优先", "Low priority"],
  ["2", "中优先", "Medium priority"],
  ["3", "高优先", "High priority"],
  ["4", "很高优先", "Very high priority"],
  ["5", "立即处理", "At once"],
];

export const Promise: Codes = [
  ["call", "电话联系居民", "Call the person"],
  ["repeat", "请居民复测", "Ask for a second measurement"],
  ["see", "安排面诊", "See the person"],
  ["refer", "安排转诊", "Refer"],
  ["check_data", "核实数据", "Check the data or the device"],
];

export const ProtectedField: Codes = [
  ["name", "姓名", "Name"],
  ["citizen_id", "身份证号", "Citizen ID"],
  ["phone", "电话", "Phone"],
  ["address", "住址", "Address"],
];

export const Purpose: Codes = [
  ["management", "慢病管理", "Management of the disease"],
  ["messages", "提醒与通知", "Reminders and messages"],
  ["sharing", "向其他机构提供", "Sharing with other institutions"],
  ["research", "科学研究", "Research"],
];

export const QualityFlag: Codes = [
  ["piled_below_140", "收缩压集中于140以下，值得复核", "Pressures pile up just below 140: worth a check"],
  ["narrow_spread", "收缩压离散过小，值得复核", "Pressures hardly differ: worth a check"],
  ["last_digit", "末位数字偏好，值得复核", "One last digit is preferred: worth a check"],
  ["repeated", "与上次完全相同的血压过多，值得复核", "Many pressures repeat the one before: worth a check"],
];

export const Quantity: Codes = [
  ["SBP_MMHG", "收缩压 mmHg", "Systolic pressure, mmHg"],
  ["DBP_MMHG", "舒张压 mmHg", "Diastolic pressure, mmHg"],
  ["HBA1C_PERCENT", "糖化血红蛋白 %", "HbA1c, %"],
  ["FASTING_MMOL_L", "空腹血糖 mmol/L", "Fasting glucose, mmol/L"],
  ["OTHER_MMOL_L", "非空腹血糖 mmol/L", "Other glucose, mmol/L"],
  ["LDL_MMOL_L", "低密度脂蛋白胆固醇 mmol/L", "LDL cholesterol, mmol/L"],
  ["HDL_MMOL_L", "高密度脂蛋白胆固醇 mmol/L", "HDL cholesterol, mmol/L"],
  ["TC_MMOL_L", "总胆固醇 mmol/L", "Total cholesterol, mmol/L"],
  ["TG_MMOL_L", "甘油三酯 mmol/L", "Triglycerides, mmol/L"],
  ["BMI", "体质指数 kg/m²", "Body-mass index, kg/m²"],
];

export const Question: Codes = [
  ["cvd", "心脑血管事件", "cardiovascular event"],
  ["heart_failure", "心力衰竭", "heart failure"],
  ["kidney", "肾脏", "kidneys"],
  ["retinopathy", "视网膜病变", "retinopathy"],
  ["neuropathy", "神经病变", "neuropathy"],
  ["foot_ulcer", "足溃疡", "ulcer of the foot"],
  ["amputation", "截肢", "amputation"],
  ["kidney_failure", "糖尿病肾衰竭", "kidney failure in diabetes"],
  ["death", "糖尿病死亡", "death in diabetes"],
];

export const Rales: Codes = [
  ["1", "无罗音", "No rales"],
  ["2", "干罗音", "Dry rales"],
  ["3", "湿罗音", "Moist rales"],
  ["4", "其他罗音", "Other rales"],
];

export const Rating: Codes = [
  ["1", "良好", "Good"],
  ["2", "一般", "Fair"],
  ["3", "差", "Poor"],
];

export const ReadingKind: Codes = [
  ["glucose", "血糖", "Glucose"],
  ["blood_pressure", "血压", "Blood pressure"],
];

export const RecallSection: Codes = [
  ["to_call", "待联系", "To call"],
  ["agreed", "同意就诊（名单）", "Agreed to come, on the list"],
  ["later", "稍后再联系（名单）", "To be called later"],
  ["removed", "移出", "Taken off the list"],
  ["long", "12个月以上", "Not seen for 12 months"],
];

export const RectalExamination: Codes = [
  ["1", "肛门指诊未及异常", "Rectal examination normal"],
  ["2", "肛门指诊触痛", "Rectal tenderness"],
  ["3", "肛门指诊包块", "Rectal mass"],
  ["4", "前列腺异常", "Abnormal prostate"],
  ["5", "肛门指诊其他异常", "Other rectal finding"],
];

export const ReferralCause: Codes = [
  ["CONSECUTIVE_UNSATISFACTORY", "连续两次控制不满意（转诊）", "Not controlled at two consecutive visits: referred"],
  ["ADVERSE_REACTION_PERSISTS", "药物不良反应难以控制（转诊）", "Adverse drug reaction hard to control: referred"],
  ["NEW_COMPLICATION", "出现新的并发症（转诊）", "New complication: referred"],
  ["WORSE_COMPLICATION", "原有并发症加重（转诊）", "Known complication worse: referred"],
  ["EMERGENCY", "存在危急情况（转诊）", "Emergency criterion met: referred"],
  ["SUSPECTED_SECONDARY", "疑似继发性高血压", "Suspected secondary hypertension"],
  ["PREGNANCY", "妊娠或哺乳期", "Pregnant or breastfeeding"],
  ["SCREENING_FINDING", "并发症筛查异常", "Finding of a screening"],
  ["STABLE", "病情稳定转回基层", "Stable: back to primary care"],
  ["OTHER", "其他转诊原因", "Another reason to refer"],
];

export const ReferralDirection: Codes = [
  ["up", "上转", "Up"],
  ["down", "下转", "Down"],
];

export const ReferralEnd: Codes = [
  ["treated", "已诊治并回转", "Treated and returned"],
  ["stayed", "留在上级机构治疗", "Stays with the other institution"],
  ["refused", "居民拒绝转诊", "The person refused"],
  ["not_gone", "未前往就诊", "The person did not go"],
  ["not_needed", "无需转诊", "Not needed after all"],
];

export const ReferralReason: Codes = [
  ["CONSECUTIVE_UNSATISFACTORY", "连续两次控制不满意", "Not controlled at two consecutive visits"],
  ["ADVERSE_REACTION_PERSISTS", "药物不良反应难以控制", "Adverse drug reaction hard to control"],
  ["NEW_COMPLICATION", "出现新的并发症", "New complication"],
  ["WORSE_COMPLICATION", "原有并发症加重", "Known complication worse"],
  ["EMERGENCY", "存在危急情况", "Emergency criterion met"],
];

export const ReferralState: Codes = [
  ["proposed", "待提交", "Proposed"],
  ["sent", "已转出", "Sent"],
  ["accepted", "已接诊", "Accepted"],
  ["returned", "已回转", "Returned"],
  ["closed", "已办结", "Closed"],
];

export const Relation: Codes = [
  ["father", "父亲", "Father"],
  ["mother", "母亲", "Mother"],
  ["sibling", "兄弟姐妹", "Brother or sister"],
  ["child", "子女", "Child"],
];

export const Relative: Codes = [
  ["FATHER", "父亲", "Father"],
  ["MOTHER", "母亲", "Mother"],
  ["SIBLINGS", "兄弟姐妹", "Siblings"],
  ["CHILDREN", "子女（家族史）", "Children, in the family history"],
];

export const ReminderState: Codes = [
  ["waiting", "待发送", "Waiting"],
  ["handed_over", "已交付发送", "Handed over"],
  ["delivered", "已送达网关", "Taken by the gateway"],
  ["failed", "发送失败", "Failed"],
  ["cancelled", "已撤回", "Cancelled"],
];

export const RenalProblem: Codes = [
  ["1", "未发现肾脏疾病", "No kidney disease found"],
  ["2", "糖尿病肾病", "Diabetic nephropathy"],
  ["3", "肾功能衰竭", "Kidney failure"],
  ["4", "急性肾炎", "Acute nephritis"],
  ["5", "慢性肾炎", "Chronic nephritis"],
  ["6", "其他肾脏疾病", "Other kidney disease"],
];

export const ReportBucket: Codes = [
  ["met", "达标（分子）", "Met: in the numerator"],
  ["not_met", "未达标（仅分母）", "Not met: in the denominator only"],
  ["excluded", "不计入", "Not counted"],
];

export const ReportState: Codes = [
  ["proposed", "待第二人批准", "Waits for a second person"],
  ["published", "已发布", "Published"],
  ["refused", "未批准", "Refused"],
];

export const Residence: Codes = [
  ["1", "户籍", "Registered here"],
  ["2", "非户籍", "Registered elsewhere"],
];

export const Resolution: Codes = [
  ["stored", "已入库", "Stored as a reading"],
  ["on_file", "已有相同记录", "The same reading was on file"],
  ["dismissed", "不采用", "Dismissed"],
];

export const RetentionClass: Codes = [
  ["identity", "个人标识", "Identity: destroyed with the record, a stump stays"],
  ["record", "健康档案", "Health record: 15 years after the last care"],
  ["derived", "衍生数据", "Derived: goes with the record it was made from"],
  ["intake", "接收原始报文", "Raw intake: 3 years after arrival"],
  ["decision", "处置记录", "Decisions on retention: kept as evidence"],
  ["aggregate", "汇总数据", "Aggregates: no person in them, kept"],
  ["staff", "用户与设备账号", "Accounts of staff and machines: kept, what was done keeps its author"],
  ["passing", "短期数据", "Short-lived: removed within days"],
  ["trail", "审计记录", "Audit trail: rows are only added, and name people by id"],
  ["technical", "技术数据", "Technical: no person in them, kept"],
];

export const Retinopathy: Codes = [
  ["0", "无视网膜病变", "No retinopathy"],
  ["1", "轻度非增殖期", "Mild NPDR"],
  ["2", "中度非增殖期", "Moderate NPDR"],
  ["3", "重度非增殖期", "Severe NPDR"],
  ["4", "增殖期", "Proliferative"],
];

export const RevealReason: Codes = [
  ["call", "电话联系", "To call the person"],
  ["verify", "核对身份", "To verify who it is"],
  ["referral", "办理转诊", "For a referral"],
  ["correct", "更正档案", "To correct the record"],
  ["requested", "本人或家属要求", "The person or the family asks"],
];

export const ReviewState: Codes = [
  ["passed", "已通过", "Passed"],
  ["blocked", "待医生处理", "Waits for a doctor"],
  ["half", "待第二人核对", "Waits for a second person"],
];

export const Rhesus: Codes = [
  ["1", "RH阴性", "Rh negative"],
  ["2", "RH阳性", "Rh positive"],
  ["3", "RH不详", "Rh not known"],
];

export const Right: Codes = [
  ["organisations.read", "查看机构", "See the organisation tree"],
  ["people.read", "查看居民健康档案", "Read identified records"],
  ["people.write", "建档与专案管理", "Put people on file and manage their enrolments"],
  ["people.reveal", "查看完整个人信息", "See protected fields in full"],
  ["people.transfer", "转出机构", "Move an enrolment to another clinic"],
  ["people.merge", "合并重复档案", "Merge duplicate records and undo it"],
  ["visits.write", "记录随访与体检", "Record visits and examinations"],
  ["plans.manage", "设置随访计划", "Set the rhythm of follow-ups and opening days"],
  ["medicines.override", "处理用药核对", "Let a blocked medicine through, with a reason"],
  ["targets.set", "设定个体目标与报警界值", "Set personal targets and alarm limits"],
  ["risk.override", "判定风险分层", "Set a person's risk band, with a reason"],
  ["models.switch", "决定启用预测模型", "Decide whether a region shows the trained models"],
  ["alerts.answer", "处理预警", "Acknowledge and close alerts"],
  ["alerts.answer_urgent", "处理红色与橙色预警", "Acknowledge and close red and orange alerts"],
  ["webhooks.manage", "管理消息订阅", "Manage who is told of alerts"],
  ["readings.add", "上传测量记录", "Add readings"],
  ["readings.review", "核实测量记录", "Review readings that were kept aside"],
  ["teams.manage", "管理家庭医生团队", "Put a clinic's doctors together as teams"],
  ["devices.manage", "管理测量设备", "Keep the register of measuring devices"],
  ["indicators.read", "查看指标", "Read indicator values"],
  ["staff.read", "查看员工测量质量", "See how well members of staff measured, by name"],
  ["reports.publish", "发布指标报表", "Freeze and approve reports of indicators"],
  ["users.manage", "管理用户", "Manage users and their roles"],
  ["machines.manage", "管理设备密钥", "Manage machine keys"],
  ["audit.read", "查看审计记录", "Read the audit trail"],
  ["deletions.decide", "审批删除处置", "Decide on deletions after the retention period"],
  ["metrics.read", "查看运行指标", "Read the metrics of the service"],
];

export const RiskControl: Codes = [
  ["1", "戒烟", "Stop smoking"],
  ["2", "健康饮酒", "Healthy drinking"],
  ["3", "控制饮食", "Diet"],
  ["4", "锻炼", "Exercise"],
  ["5", "减体重", "Lose weight"],
  ["6", "建议接种疫苗", "Vaccination"],
  ["7", "其他危险因素控制", "Other risk control"],
];

export const RiskLevel: Codes = [
  ["1", "低危", "Low"],
  ["2", "中危", "Medium"],
  ["3", "高危", "High"],
  ["4", "很高危", "Very high"],
];

export const Role: Codes = [
  ["nurse", "护士", "Nurse"],
  ["doctor", "医生", "Doctor"],
  ["manager", "中心负责人", "Clinic manager"],
  ["supervisor", "区域督导", "District or region supervisor"],
  ["admin", "系统管理员", "Administrator"],
  ["auditor", "审计员", "Auditor"],
];

export const RoughScreening: Codes = [
  ["1", "粗筛阴性", "Rough screening negative"],
  ["2", "粗筛阳性", "Rough screening positive"],
];

export const RowVerdict: Codes = [
  ["waiting", "未检查", "Not checked yet"],
  ["new", "将新建", "Will be created"],
  ["known", "已在档", "On file already"],
  ["refused", "不能导入", "Refused"],
  ["skipped", "跳过", "Left out by decision"],
  ["created", "已新建", "Created"],
];

export const RuleSetKind: Codes = [
  ["statutory", "国家规范（判定）", "National programme: judges"],
  ["guideline", "基层指南（建议）", "Primary-care guideline: advises"],
];

export const SaltIntake: Codes = [
  ["1", "轻", "Light"],
  ["2", "中", "Medium"],
  ["3", "重", "Heavy"],
];

export const Sclera: Codes = [
  ["1", "巩膜正常", "Normal sclera"],
  ["2", "巩膜黄染", "Yellow sclera"],
  ["3", "巩膜充血", "Congested sclera"],
  ["4", "巩膜其他异常", "Other change of the sclera"],
];

export const SelfCare: Codes = [
  ["1", "可自理", "Able to care for oneself"],
  ["2", "轻度依赖", "Slightly dependent"],
  ["3", "中度依赖", "Moderately dependent"],
  ["4", "不能自理", "Unable to care for oneself"],
];

export const SelfRating: Codes = [
  ["1", "健康满意", "Content with health"],
  ["2", "健康基本满意", "Rather content with health"],
  ["3", "健康说不清楚", "Cannot say of health"],
  ["4", "健康不太满意", "Rather discontent with health"],
  ["5", "健康不满意", "Discontent with health"],
];

export const SeriesOf: Codes = [
  ["glucose", "血糖", "Glucose by meter"],
  ["sensor", "动态血糖", "Glucose by sensor"],
  ["blood_pressure", "血压", "Blood pressure"],
];

export const Setting: Codes = [
  ["office", "诊室", "Office"],
  ["home", "家庭", "Home"],
];

export const Severity: Codes = [
  ["mild", "轻度反应", "Mild reaction"],
  ["moderate", "中度反应", "Moderate reaction"],
  ["severe", "重度反应", "Severe reaction"],
];

export const Sex: Codes = [
  ["M", "男", "Male"],
  ["F", "女", "Female"],
  ["U", "未知", "Unknown"],
];

export const SheetFormat: Codes = [
  ["xlsx", "Excel 工作簿", "Excel workbook"],
  ["csv", "CSV 文本", "CSV text with BOM"],
];

export const Skin: Codes = [
  ["1", "皮肤正常", "Normal skin"],
  ["2", "皮肤潮红", "Flushed skin"],
  ["3", "皮肤苍白", "Pale skin"],
  ["4", "皮肤发绀", "Cyanotic skin"],
  ["5", "皮肤黄染", "Yellow skin"],
  ["6", "皮肤色素沉着", "Pigmented skin"],
  ["7", "皮肤其他异常", "Other change of the skin"],
];

export const Smoking: Codes = [
  ["1", "从不吸烟", "Never smoked"],
  ["2", "已戒烟", "Stopped smoking"],
  ["3", "吸烟", "Smokes"],
];

export const SnoozeReason: Codes = [
  ["unreachable", "暂时联系不上", "Cannot be reached now"],
  ["away", "外出", "Away"],
  ["in_hospital", "住院中", "In hospital"],
  ["agreed", "已约时间", "A day is agreed"],
  ["other", "其他暂缓原因", "Another reason to put it off"],
];

export const Source: Codes = [
  ["typed", "人工录入", "Typed"],
  ["device", "设备上传", "From a device"],
  ["laboratory", "检验系统", "From a laboratory"],
  ["imported", "外部导入", "Imported"],
];

export const Span: Codes = [
  ["year", "年初至月末", "From 1 January to the month's end"],
  ["quarter", "季初至月末", "From the first day of the quarter to the month's end"],
  ["month", "当月", "The month"],
];

export const Specimen: Codes = [
  ["capillary", "末梢血", "Capillary blood"],
  ["venous_plasma", "静脉血浆", "Venous plasma"],
  ["interstitial", "组织间液", "Interstitial fluid"],
];

export const Sufficiency: Codes = [
  ["enough", "数据充分", "Enough data"],
  ["no_readings", "该时段没有测量数据", "No readings in this span"],
  ["few_values", "测量值少于5个，不给出百分位数", "Fewer than 5 values: no percentiles"],
  ["home_too_few", "家庭血压不足3天或不足12次，均值仅供参考，不作判断", "Home readings on fewer than 3 days or fewer than 12: the mean is not judged"],
  ["no_home_readings", "该时段没有家庭血压，只有诊室血压", "Office readings only: none taken at home"],
  ["sensor_too_short", "传感器数据不足14天或有效时间不足70%，指标仅供参考", "Less than 14 days, or less than 70% of them, with sensor values: not to be relied on"],
  ["only_bounds", "只有HI/LO，没有可计算的数值", "Only HI or LO: no value to calculate with"],
];

export const TaskAct: Codes = [
  ["assign", "分配", "Assigned"],
  ["snooze", "暂缓", "Put off"],
  ["done", "标记完成", "Marked as done"],
  ["move", "改期", "Moved to another day"],
  ["add", "由名单加入", "Added from a list"],
];

export const TaskKind: Codes = [
  ["first_visit", "首次随访", "First follow-up"],
  ["routine", "常规随访", "Routine follow-up"],
  ["two_week", "两周复查", "Two-week check"],
  ["critical_reading", "危急读数", "Critical reading"],
  ["alert_followup", "预警处理", "Alert to be followed up"],
  ["silent_device", "设备无数据", "Device without data"],
  ["referral_check", "转诊追踪", "Check of a referral"],
  ["annual_exam", "年度体检到期", "Annual examination due"],
  ["screening", "并发症筛查到期", "Screening due"],
  ["hba1c", "糖化血红蛋白到期", "HbA1c due"],
  ["indicator_list", "指标名单", "From an indicator's list"],
];

export const TaskStatus: Codes = [
  ["open", "待办", "Open"],
  ["done", "已完成", "Done"],
  ["cancelled", "已取消", "Cancelled"],
];

export const Teeth: Codes = [
  ["1", "齿列正常", "Normal teeth"],
  ["2", "缺齿", "Missing teeth"],
  ["3", "龋齿", "Caries"],
  ["4", "义齿", "Dentures"],
];

export const TermKind: Codes = [
  ["citizen_id", "身份证号", "Citizen ID"],
  ["phone", "电话号码", "Phone number"],
  ["last_four", "号码后四位", "Last four of phone or citizen ID"],
  ["name", "姓名", "Name"],
  ["initials", "姓名拼音首字母", "Pinyin initials"],
];

export const Throat: Codes = [
  ["1", "咽部无充血", "Throat not congested"],
  ["2", "咽部充血", "Congested throat"],
  ["3", "咽部淋巴滤泡增生", "Lymph follicles of the throat"],
];

export const Tier: Codes = [
  ["t0", "无化验", "without laboratory values"],
  ["t1", "加糖化血红蛋白和血脂", "with HbA1c and lipids"],
  ["t2", "再加eGFR和尿白蛋白", "with eGFR and urine albumin as well"],
];

export const ValuePurpose: Codes = [
  ["target", "治疗目标", "Target of treatment"],
  ["alarm", "报警界值", "Limit of alarm"],
];

export const Variable: Codes = [
  ["age_years", "年龄", "age"],
  ["male", "男性", "male sex"],
  ["sbp_mmhg", "收缩压", "systolic pressure"],
  ["dbp_mmhg", "舒张压", "diastolic pressure"],
  ["bp_treated", "服用降压药", "pressure-lowering medicine"],
  ["hypertension", "高血压", "hypertension"],
  ["smoker", "现在吸烟", "current smoking"],
  ["ex_smoker", "已戒烟", "former smoking"],
  ["diabetes", "糖尿病", "diabetes"],
  ["diabetes_years", "糖尿病病程", "years since diabetes was diagnosed"],
  ["tc_mmol_l", "总胆固醇", "total cholesterol"],
  ["hdl_mmol_l", "高密度脂蛋白胆固醇", "HDL cholesterol"],
  ["ldl_mmol_l", "低密度脂蛋白胆固醇", "LDL cholesterol"],
  ["triglycerides_mmol_l", "甘油三酯", "triglycerides"],
  ["bmi_kg_m2", "体质指数", "body-mass index"],
  ["waist_cm", "腰围", "waist"],
  ["hba1c_percent", "糖化血红蛋白", "HbA1c"],
  ["egfr_ml_min", "估算肾小球滤过率", "estimated filtration rate"],
  ["creatinine_umol_l", "血肌酐", "serum creatinine"],
  ["uacr_mg_g", "尿白蛋白/肌酐比值", "urine albumin-creatinine ratio"],
  ["wbc_e9_l", "白细胞计数", "white blood cells"],
  ["haemoglobin_g_dl", "血红蛋白", "haemoglobin"],
  ["statin", "服用他汀", "statin"],
  ["insulin", "使用胰岛素", "insulin"],
  ["oral_glucose_lowering", "服用降糖药", "glucose-lowering tablets"],
  ["anticoagulant", "服用抗凝药", "anticoagulant"],
  ["prior_cvd", "既往心脑血管病", "earlier cardiovascular disease"],
  ["prior_mi", "既往心肌梗死", "earlier myocardial infarction"],
  ["prior_ihd", "缺血性心脏病史", "ischaemic heart disease"],
  ["prior_stroke", "既往脑卒中", "earlier stroke"],
  ["prior_hf", "心力衰竭史", "heart failure"],
  ["prior_af", "心房颤动史", "atrial fibrillation"],
  ["prior_pvd", "外周血管病史", "peripheral vascular disease"],
  ["retinopathy", "视网膜病变", "retinopathy"],
  ["cataract", "白内障", "cataract"],
  ["foot_ulcer", "足溃疡史", "skin ulcer of the foot"],
  ["amputation", "截肢史", "amputation"],
  ["family_history_cvd", "心脑血管病家族史", "family history of cardiovascular disease"],
  ["north", "居住在长江以北", "home north of the Yangtze"],
  ["urban", "居住在城市", "home in a city"],
  ["black", "非裔", "Black (of the American equations)"],
  ["hispanic", "西班牙裔", "Hispanic (of the American equations)"],
  ["pregnant", "妊娠或哺乳期", "pregnant or lactating"],
  ["kidney_replaced", "透析或肾移植", "dialysis or a transplanted kidney"],
  ["type_1_diabetes", "1型糖尿病", "type 1 diabetes"],
];

export const VascularProblem: Codes = [
  ["1", "未发现血管疾病", "No vascular disease found"],
  ["2", "夹层动脉瘤", "Dissecting aneurysm"],
  ["3", "动脉闭塞性疾病", "Occlusive arterial disease"],
  ["4", "其他血管疾病", "Other vascular disease"],
];

export const Verdict: Codes = [
  ["NOT_SCREENED", "未筛查", "Not screened"],
  ["NO_SUSPICION", "未见异常", "No suspicion"],
  ["HIGH_RISK", "高危人群", "At high risk"],
  ["SUSPECTED", "疑似待复测", "Suspected, to be measured again"],
  ["CRITERIA_MET", "达到诊断标准", "Criteria met"],
  ["EXCLUDED", "已排除", "Excluded"],
  ["KNOWN", "已确诊", "Diagnosed before"],
];

export const VisitEnd: Codes = [
  ["corrected", "已更正", "Corrected"],
  ["withdrawn", "已作废", "Withdrawn"],
];

export const VisitMode: Codes = [
  ["1", "门诊", "Outpatient"],
  ["2", "家庭", "Home"],
  ["3", "电话", "Phone"],
];

export const Wagner: Codes = [
  ["0", "有危险因素无溃疡", "At risk, no ulcer"],
  ["1", "浅表溃疡", "Superficial ulcer"],
  ["2", "深部溃疡", "Deep ulcer"],
  ["3", "深部溃疡伴脓肿或骨髓炎", "Deep with abscess or osteomyelitis"],
  ["4", "局限性坏疽", "Partial gangrene"],
  ["5", "全足坏疽", "Whole-foot gangrene"],
];

export const WorkGroup: Codes = [
  ["critical", "危急", "Critical"],
  ["overdue", "超期", "Overdue"],
  ["today", "今日应随访", "Due today"],
  ["soon", "7日内", "Due within 7 days"],
];

export const WorkState: Codes = [
  ["open", "待办任务", "On the list"],
  ["snoozed", "已暂缓", "Put off to a later day"],
];

export const Analytes: Codes = [
  ["GLUCOSE_FASTING", "空腹血糖（化验）", "Glucose, fasting"],
  ["GLUCOSE", "血糖（化验）", "Glucose, any time"],
  ["GLUCOSE_OGTT_2H", "糖耐量2小时血糖（化验）", "Glucose, OGTT 2 h"],
  ["HBA1C", "糖化血红蛋白（化验）", "Haemoglobin A1c"],
  ["TC", "总胆固醇", "Total cholesterol"],
  ["TG", "甘油三酯", "Triglycerides"],
  ["LDL", "低密度脂蛋白胆固醇", "LDL cholesterol"],
  ["HDL", "高密度脂蛋白胆固醇", "HDL cholesterol"],
  ["CREATININE", "血肌酐（化验）", "Creatinine in serum"],
  ["UREA", "尿素", "Urea"],
  ["URIC_ACID", "血尿酸（化验）", "Uric acid in serum"],
  ["EGFR", "估算肾小球滤过率（化验单）", "eGFR as reported"],
  ["UACR", "尿白蛋白肌酐比（化验）", "Urine albumin-creatinine ratio"],
  ["URINE_ALBUMIN_24H", "24小时尿白蛋白", "Urine albumin in 24 h"],
  ["URINE_PROTEIN_24H", "24小时尿蛋白", "Urine protein in 24 h"],
  ["POTASSIUM", "血钾", "Potassium"],
  ["SODIUM", "血钠", "Sodium"],
  ["CHLORIDE", "血氯", "Chloride"],
  ["CALCIUM", "血钙", "Calcium"],
  ["ALT", "谷丙转氨酶（化验）", "Alanine aminotransferase"],
  ["AST", "谷草转氨酶", "Aspartate aminotransferase"],
  ["BILIRUBIN", "总胆红素", "Total bilirubin"],
  ["HAEMOGLOBIN", "血红蛋白", "Haemoglobin"],
  ["LEUKOCYTES", "白细胞", "Leukocytes"],
  ["PLATELETS", "血小板", "Platelets"],
  ["HOMOCYSTEINE", "同型半胱氨酸", "Homocysteine"],
];
export const AnalyteUnits: Readonly<Record<string, readonly string[]>> = { "GLUCOSE_FASTING": ["mmol/L", "mmol/l", "mg/dl"], "GLUCOSE": ["mmol/L", "mmol/l", "mg/dl"], "GLUCOSE_OGTT_2H": ["mmol/L", "mmol/l", "mg/dl"], "HBA1C": ["%", "mmol/mol"], "TC": ["mmol/L", "mmol/l", "mg/dl"], "TG": ["mmol/L", "mmol/l", "mg/dl"], "LDL": ["mmol/L", "mmol/l", "mg/dl"], "HDL": ["mmol/L", "mmol/l", "mg/dl"], "CREATININE": ["µmol/L", "µmol/l", "mg/dl", "umol/l"], "UREA": ["mmol/L", "mmol/l", "mg/dl"], "URIC_ACID": ["µmol/L", "µmol/l", "mg/dl", "umol/l"], "EGFR": ["mL/min/1.73m2", "ml/min/1.73m2", "ml/min/{1.73_m2}", "ml/min/1.73m²"], "UACR": ["mg/g", "mg/mmol"], "URINE_ALBUMIN_24H": ["mg/24h"], "URINE_PROTEIN_24H": ["mg/24h", "g/24h"], "POTASSIUM": ["mmol/L", "mmol/l", "meq/l"], "SODIUM": ["mmol/L", "mmol/l", "meq/l"], "CHLORIDE": ["mmol/L", "mmol/l", "meq/l"], "CALCIUM": ["mmol/L", "mmol/l", "mg/dl"], "ALT": ["U/L", "u/l", "iu/l"], "AST": ["U/L", "u/l", "iu/l"], "BILIRUBIN": ["µmol/L", "µmol/l", "mg/dl", "umol/l"], "HAEMOGLOBIN": ["g/L", "g/l", "g/dl"], "LEUKOCYTES": ["10^9/L", "10^9/l", "10*3/ul", "10*9/l"], "PLATELETS": ["10^9/L", "10^9/l", "10*3/ul", "10*9/l"], "HOMOCYSTEINE": ["µmol/L", "µmol/l", "umol/l"] };

export const Medicines: Codes = [
  ["enalapril", "依那普利", "Enalapril"],
  ["benazepril", "贝那普利", "Benazepril"],
  ["captopril", "卡托普利", "Captopril"],
  ["perindopril", "培哚普利", "Perindopril"],
  ["fosinopril", "福辛普利", "Fosinopril"],
  ["lisinopril", "赖诺普利", "Lisinopril"],
  ["ramipril", "雷米普利", "Ramipril"],
  ["imidapril", "咪达普利", "Imidapril"],
  ["valsartan", "缬沙坦", "Valsartan"],
  ["losartan", "氯沙坦", "Losartan"],
  ["irbesartan", "厄贝沙坦", "Irbesartan"],
  ["telmisartan", "替米沙坦", "Telmisartan"],
  ["candesartan", "坎地沙坦", "Candesartan"],
  ["olmesartan", "奥美沙坦", "Olmesartan"],
  ["azilsartan", "阿齐沙坦", "Azilsartan"],
  ["allisartan", "阿利沙坦酯", "Allisartan isoproxil"],
  ["sacubitril", "沙库巴曲", "Sacubitril"],
  ["aliskiren", "阿利吉仑", "Aliskiren"],
  ["spironolactone", "螺内酯", "Spironolactone"],
  ["eplerenone", "依普利酮", "Eplerenone"],
  ["finerenone", "非奈利酮", "Finerenone"],
  ["amlodipine", "氨氯地平", "Amlodipine"],
  ["levamlodipine", "左旋氨氯地平", "Levamlodipine"],
  ["nifedipine", "硝苯地平", "Nifedipine"],
  ["felodipine", "非洛地平", "Felodipine"],
  ["lacidipine", "拉西地平", "Lacidipine"],
  ["nitrendipine", "尼群地平", "Nitrendipine"],
  ["benidipine", "贝尼地平", "Benidipine"],
  ["lercanidipine", "乐卡地平", "Lercanidipine"],
  ["verapamil", "维拉帕米", "Verapamil"],
  ["diltiazem", "地尔硫䓬", "Diltiazem"],
  ["hydrochlorothiazide", "氢氯噻嗪", "Hydrochlorothiazide"],
  ["indapamide", "吲达帕胺", "Indapamide"],
  ["chlorthalidone", "氯噻酮", "Chlorthalidone"],
  ["furosemide", "呋塞米", "Furosemide"],
  ["torasemide", "托拉塞米", "Torasemide"],
  ["triamterene", "氨苯蝶啶", "Triamterene"],
  ["amiloride", "阿米洛利", "Amiloride"],
  ["metoprolol", "美托洛尔", "Metoprolol"],
  ["bisoprolol", "比索洛尔", "Bisoprolol"],
  ["atenolol", "阿替洛尔", "Atenolol"],
  ["propranolol", "普萘洛尔", "Propranolol"],
  ["carvedilol", "卡维地洛", "Carvedilol"],
  ["arotinolol", "阿罗洛尔", "Arotinolol"],
  ["labetalol", "拉贝洛尔", "Labetalol"],
  ["doxazosin", "多沙唑嗪", "Doxazosin"],
  ["terazosin", "特拉唑嗪", "Terazosin"],
  ["prazosin", "哌唑嗪", "Prazosin"],
  ["tamsulosin", "坦索罗辛", "Tamsulosin"],
  ["reserpine", "利血平", "Reserpine"],
  ["clonidine", "可乐定", "Clonidine"],
  ["methyldopa", "甲基多巴", "Methyldopa"],
  ["dihydralazine", "双肼屈嗪", "Dihydralazine"],
  ["isosorbide_mononitrate", "单硝酸异山梨酯", "Isosorbide mononitrate"],
  ["isosorbide_dinitrate", "硝酸异山梨酯", "Isosorbide dinitrate"],
  ["nitroglycerin", "硝酸甘油", "Nitroglycerin"],
  ["metformin", "二甲双胍", "Metformin"],
  ["glimepiride", "格列美脲", "Glimepiride"],
  ["gliclazide", "格列齐特", "Gliclazide"],
  ["glipizide", "格列吡嗪", "Glipizide"],
  ["gliquidone", "格列喹酮", "Gliquidone"],
  ["glibenclamide", "格列本脲", "Glibenclamide"],
  ["repaglinide", "瑞格列奈", "Repaglinide"],
  ["nateglinide", "那格列奈", "Nateglinide"],
  ["acarbose", "阿卡波糖", "Acarbose"],
  ["voglibose", "伏格列波糖", "Voglibose"],
  ["miglitol", "米格列醇", "Miglitol"],
  ["pioglitazone", "吡格列酮", "Pioglitazone"],
  ["rosiglitazone", "罗格列酮", "Rosiglitazone"],
  ["sitagliptin", "西格列汀", "Sitagliptin"],
  ["saxagliptin", "沙格列汀", "Saxagliptin"],
  ["vildagliptin", "维格列汀", "Vildagliptin"],
  ["linagliptin", "利格列汀", "Linagliptin"],
  ["alogliptin", "阿格列汀", "Alogliptin"],
  ["dapagliflozin", "达格列净", "Dapagliflozin"],
  ["empagliflozin", "恩格列净", "Empagliflozin"],
  ["canagliflozin", "卡格列净", "Canagliflozin"],
  ["henagliflozin", "恒格列净", "Henagliflozin"],
  ["liraglutide", "利拉鲁肽", "Liraglutide"],
  ["semaglutide", "司美格鲁肽", "Semaglutide"],
  ["dulaglutide", "度拉糖肽", "Dulaglutide"],
  ["exenatide", "艾塞那肽", "Exenatide"],
  ["loxenatide", "洛塞那肽", "PEG-loxenatide"],
  ["insulin_glargine", "甘精胰岛素", "Insulin glargine"],
  ["insulin_detemir", "地特胰岛素", "Insulin detemir"],
  ["insulin_degludec", "德谷胰岛素", "Insulin degludec"],
  ["insulin_aspart", "门冬胰岛素", "Insulin aspart"],
  ["insulin_lispro", "赖脯胰岛素", "Insulin lispro"],
  ["insulin_human", "人胰岛素", "Human insulin"],
  ["atorvastatin", "阿托伐他汀", "Atorvastatin"],
  ["rosuvastatin", "瑞舒伐他汀", "Rosuvastatin"],
  ["simvastatin", "辛伐他汀", "Simvastatin"],
  ["pravastatin", "普伐他汀", "Pravastatin"],
  ["pitavastatin", "匹伐他汀", "Pitavastatin"],
  ["fluvastatin", "氟伐他汀", "Fluvastatin"],
  ["ibuprofen", "布洛芬", "Ibuprofen"],
  ["diclofenac", "双氯芬酸", "Diclofenac"],
  ["celecoxib", "塞来昔布", "Celecoxib"],
  ["indometacin", "吲哚美辛", "Indometacin"],
  ["meloxicam", "美洛昔康", "Meloxicam"],
  ["naproxen", "萘普生", "Naproxen"],
  ["loxoprofen", "洛索洛芬", "Loxoprofen"],
  ["aspirin", "阿司匹林", "Aspirin"],
  ["clopidogrel", "氯吡格雷", "Clopidogrel"],
  ["benzylpenicillin", "青霉素", "Benzylpenicillin"],
  ["amoxicillin", "阿莫西林", "Amoxicillin"],
  ["sulfamethoxazole", "磺胺甲噁唑", "Sulfamethoxazole"],
  ["trimethoprim", "甲氧苄啶", "Trimethoprim"],
  ["streptomycin", "链霉素", "Streptomycin"],
  ["sacubitril_valsartan", "沙库巴曲缬沙坦", "Sacubitril/valsartan"],
  ["amlodipine_valsartan", "缬沙坦氨氯地平", "Amlodipine/valsartan"],
  ["valsartan_hydrochlorothiazide", "缬沙坦氢氯噻嗪", "Valsartan/hydrochlorothiazide"],
  ["losartan_hydrochlorothiazide", "氯沙坦钾氢氯噻嗪", "Losartan/hydrochlorothiazide"],
  ["irbesartan_hydrochlorothiazide", "厄贝沙坦氢氯噻嗪", "Irbesartan/hydrochlorothiazide"],
  ["perindopril_amlodipine", "培哚普利氨氯地平", "Perindopril/amlodipine"],
  ["benazepril_amlodipine", "氨氯地平贝那普利", "Amlodipine/benazepril"],
  ["amlodipine_atorvastatin", "氨氯地平阿托伐他汀钙", "Amlodipine/atorvastatin"],
  ["metformin_sitagliptin", "西格列汀二甲双胍", "Sitagliptin/metformin"],
  ["metformin_pioglitazone", "吡格列酮二甲双胍", "Pioglitazone/metformin"],
  ["metformin_glibenclamide", "二甲双胍格列本脲", "Metformin/glibenclamide"],
  ["metformin_saxagliptin", "二甲双胍沙格列汀", "Saxagliptin/metformin"],
  ["metformin_vildagliptin", "二甲双胍维格列汀", "Vildagliptin/metformin"],
  ["degludec_liraglutide", "德谷胰岛素利拉鲁肽", "Insulin degludec/liraglutide"],
  ["degludec_aspart", "德谷门冬双胰岛素", "Insulin degludec/aspart"],
  ["co_trimoxazole", "复方磺胺甲噁唑", "Co-trimoxazole"],
  ["xiaoke_pill", "消渴丸", "Xiaoke pill"],
  ["compound_reserpine", "复方利血平", "Compound reserpine"],
  ["compound_reserpine_triamterene", "复方利血平氨苯蝶啶", "Compound reserpine and triamterene"],
  ["zhenju_pill", "珍菊降压片", "Zhenju pill"],
];
