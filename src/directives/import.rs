//! IMPORT: another file, read in place of the line. The reading is in `source`.

use super::directive::Directive;
use super::parameter::{Kind, Parameter};

pub(super) static IMPORT: Directive = Directive {
    word: "IMPORT",
    parameters: &[Parameter::required(
        "path",
        Kind::TEXT,
        "the file, relative to this one; `.micro` may be left out, dots may stand for folders",
    )],
    summary: "reads another file here",
    example: "IMPORT parts/users",
    ..Directive::BLANK
};
