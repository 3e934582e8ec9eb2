//! Reads a rule from its JSON.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode};
use serde_json::Value;

use super::draw::Draw;
use super::{ErrorBody, Fault, Operation, Other, RetryAfter, Rule};
use crate::sandbox::errors::{ApiError, Problem};
use crate::sandbox::fields::{self, FieldError, Fields};

/// A rule, or everything that is wrong with it.
pub(crate) fn rule(mut body: Fields) -> Result<Rule, ApiError> {
    let given = body.as_given();
    let operation = body.optional("operation", operation).flatten();
    let grant = body.optional("grant", grant);
    if grant.is_some() && operation != Some(Operation::SignIn) {
        let message = "Only the operation 'sign_in' accepts a grant";
        body.note(Problem::at("body", "grant", "value_error", message));
    }
    let path = body.optional("path", fields::text);
    let from = body.optional("from", fields::positive).unwrap_or(1);
    let times = body.clearable("times", fields::positive);
    let probability = body.optional("probability", probability);
    let seed = body.optional("seed", fields::whole);
    if seed.is_some() && probability.is_none() {
        let message = "A seed requires a 'probability'";
        body.note(Problem::at("body", "seed", "value_error", message));
    }
    let times = times.unwrap_or(if probability.is_some() { None } else { Some(1) });
    let chance = probability.map(|probability| Draw::new(seed.unwrap_or(0), probability));
    let fault = body.object("fault").and_then(|mut fields| {
        let fault = fault(&mut fields);
        body.close(fields);
        fault
    });
    let fault = body.finish_with(fault)?;
    Ok(Rule { operation, grant, path, from, times, chance, fault, given })
}

fn fault(fields: &mut Fields) -> Option<Fault> {
    Some(match fields.required("kind", kind)? {
        "refuse" => {
            let time = fields.optional("seconds", fields::seconds);
            Fault::Refuse(time.unwrap_or(Duration::from_secs(1)))
        }
        "reset_before" => Fault::ResetBefore,
        "reset_after" => Fault::ResetAfter,
        "hang" => Fault::Hang { carried_out: carried_out(fields, false) },
        "slow" => {
            Fault::Slow { bytes_per_second: fields.required("bytes_per_second", fields::positive)? }
        }
        "truncate" => {
            let at = fields.optional("at", fields::count);
            let chunked = fields.optional("chunked", fields::boolean).unwrap_or(false);
            Fault::Truncate { at: at.and_then(|at| at.try_into().ok()), chunked }
        }
        "garbage" => {
            Fault::Answer { answer: Other::Garbage, carried_out: carried_out(fields, true) }
        }
        "html" => {
            let status = fields.optional("status", any_status).unwrap_or(StatusCode::OK);
            Fault::Answer { answer: Other::Page(status), carried_out: carried_out(fields, false) }
        }
        "wrong_type" => Fault::WrongType,
        "omit" => Fault::Omit { item: fields.optional("item", fields::text) },
        "expire_bearers" => Fault::ExpireBearers,
        _ => {
            let status = fields.required("status", error_status);
            let body = fields.optional("body", error_body).unwrap_or(ErrorBody::Api);
            let code = fields.optional("code", fields::text);
            let message = fields.optional("message", fields::text);
            let retry_after = fields.optional("retry_after", retry_after);
            let carried_out = carried_out(fields, false);
            let answer = Other::Status { status: status?, body, code, message, retry_after };
            Fault::Answer { answer, carried_out }
        }
    })
}

fn carried_out(fields: &mut Fields, by_default: bool) -> bool {
    fields.optional("carried_out", fields::boolean).unwrap_or(by_default)
}

const KINDS: [&str; 12] = [
    "refuse",
    "reset_before",
    "reset_after",
    "hang",
    "slow",
    "truncate",
    "garbage",
    "html",
    "wrong_type",
    "omit",
    "status",
    "expire_bearers",
];

fn kind(value: &Value) -> Result<&'static str, FieldError> {
    fields::one_of(value, &KINDS.map(|kind| (kind, kind)))
}

/// `None` is any.
fn operation(value: &Value) -> Result<Option<Operation>, FieldError> {
    let any = std::iter::once(("any", None));
    let all = Operation::ALL.map(|(word, operation)| (word, Some(operation)));
    fields::one_of(value, &any.chain(all).collect::<Vec<_>>())
}

fn grant(value: &Value) -> Result<&'static str, FieldError> {
    fields::one_of(value, &[("service_account", "service_account"), ("admin", "admin")])
}

fn error_body(value: &Value) -> Result<ErrorBody, FieldError> {
    fields::one_of(
        value,
        &[
            ("api", ErrorBody::Api),
            ("validation", ErrorBody::Validation),
            ("detail", ErrorBody::Detail),
            ("message", ErrorBody::Message),
            ("bare", ErrorBody::Bare),
            ("nested", ErrorBody::Nested),
            ("unserved", ErrorBody::Unserved),
            ("oauth", ErrorBody::OAuth),
            ("html", ErrorBody::Html),
            ("empty", ErrorBody::Empty),
            ("text", ErrorBody::Text),
        ],
    )
}

fn probability(value: &Value) -> Result<f64, FieldError> {
    let fits = value.as_f64().filter(|share| (0.0..=1.0).contains(share));
    fits.ok_or_else(|| FieldError::new("out_of_range", "Input should be a number between 0 and 1"))
}

fn any_status(value: &Value) -> Result<StatusCode, FieldError> {
    status(value, 200)
}

fn error_status(value: &Value) -> Result<StatusCode, FieldError> {
    status(value, 400)
}

fn status(value: &Value, least: u16) -> Result<StatusCode, FieldError> {
    let number = u16::try_from(fields::count(value)?).ok().filter(|n| (least..600).contains(n));
    number.and_then(|number| StatusCode::from_u16(number).ok()).ok_or_else(|| {
        FieldError::new("out_of_range", &format!("Input should be between {least} and 599"))
    })
}

fn retry_after(value: &Value) -> Result<RetryAfter, FieldError> {
    let Some(text) = value.as_str() else {
        return fields::count(value).map(|seconds| RetryAfter::Text(seconds.into()));
    };
    if let Some(seconds) = text.strip_prefix("date:") {
        let seconds = seconds.parse::<i32>().map_err(|_no_number| {
            FieldError::new("int_parsing", "Input should be 'date:' and a whole number of seconds")
        })?;
        return Ok(RetryAfter::Date(seconds.into()));
    }
    HeaderValue::from_str(text).map(RetryAfter::Text).map_err(|_no_header| {
        FieldError::new("value_error", "Input should be a valid header value")
    })
}
