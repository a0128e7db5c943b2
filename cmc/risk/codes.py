"""Closed sets of scoring in the service."""

from __future__ import annotations

from cmc.core.named import NamedStr


class InputSource(NamedStr):
    """Where an input of a score comes from."""

    PERSON = "person", "个人信息", "the person's own data"
    PLACE = "place", "所在地区", "the region"
    VISITS = "visits", "近期随访血压均值", "mean of the latest visits"
    OFFICE = "office", "诊室测量均值", "mean of readings at the clinic"
    EXAMINATION = "examination", "体检或专项检查", "an examination"
    BODY = "body", "身高和体重", "height and weight"
    LABORATORY = "laboratory", "化验结果", "a laboratory result"
    CREATININE = "creatinine", "由血肌酐计算（CKD-EPI 2021）", "computed from creatinine (CKD-EPI 2021)"
    DIAGNOSES = "diagnoses", "诊断记录", "the diagnoses on file"
    MEDICINES = "medicines", "用药记录", "the medicines on file"
    LIFESTYLE = "lifestyle", "生活方式", "asked of the way of living"
    FAMILY = "family", "家族史", "asked of the family"
    FORM = "form", "随访记录", "the record of a visit"
    REGISTRATION = "registration", "个人基本信息表", "the basic information form"
    HOSPITAL = "hospital", "住院记录", "a stay in hospital"


class BandShown(NamedStr):
    """What decides the band of a person."""

    COMPUTED = "computed", "系统计算", "computed"
    DOCTOR = "doctor", "医生判定", "set by a doctor"
