//! Traces of a made-up shop: for tests, for measuring, and for looking at pages that are full.
//!
//! The same plan always gives the same documents. A request goes from `shop` (a container) to `orders` (a function), which reads and
//! writes the table `orders`, and to `payments` (outside). Times are spread as real ones are: most are
//! short, few are very long.

mod random;

use serde_json::{Value, json};

pub use random::Random;

/// Part of the requests to any service that fail when nothing is wrong.
const USUAL_FAULTS: f64 = 0.002;
/// Pages of the shop.
const PATHS: [&str; 5] = ["/", "/search", "/item", "/cart", "/checkout"];
/// Levels of customers.
const TIERS: [&str; 3] = ["free", "standard", "premium"];

/// What is to be generated.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Decides everything that is left to chance.
    pub seed: u64,
    /// When the first trace begins, epoch seconds.
    pub start: f64,
    /// How many traces; each has three documents.
    pub traces: u64,
    /// Seconds over which they are spread.
    pub length: f64,
    /// When services fail more often.
    pub outages: Vec<Outage>,
}

/// A time in which a service fails, and what calls it with it.
#[derive(Clone, Debug)]
pub struct Outage {
    /// Which.
    pub service: Service,
    /// Seconds after the start of the plan.
    pub from: f64,
    /// Seconds after the start of the plan.
    pub to: f64,
    /// Part of the requests that fail, 0 to 1.
    pub rate: f64,
}

/// The services of the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// What customers see.
    Shop,
    /// The function behind it.
    Orders,
    /// Its table.
    Table,
    /// A service outside, that sends no segments.
    Payments,
}

/// Gives one trace after the other, each as its documents.
#[derive(Clone, Debug)]
pub struct Traces {
    plan: Plan,
    random: Random,
    next: u64,
}

impl Plan {
    /// The traces, in the order of time.
    pub fn traces(self) -> Traces {
        Traces {
            random: Random::new(self.seed),
            plan: self,
            next: 0,
        }
    }
}

impl Iterator for Traces {
    type Item = Vec<Value>;

    fn next(&mut self) -> Option<Vec<Value>> {
        let number = self.next;
        if number >= self.plan.traces {
            return None;
        }
        self.next += 1;
        let offset = self.plan.length * as_f64(number) / as_f64(self.plan.traces);
        Some(self.trace(number, offset))
    }
}

/// The services that failed in one request.
type Faults = Vec<Service>;

impl Traces {
    fn trace(&mut self, number: u64, offset: f64) -> Vec<Value> {
        let start = self.plan.start + offset;
        let faults = self.faults(offset);
        let [shop_failed, orders_failed, payments_failed, table_failed] = [
            Service::Shop,
            Service::Orders,
            Service::Payments,
            Service::Table,
        ]
        .map(|it| faults.contains(&it));
        let trace = format!(
            "1-{:08x}-{:024x}",
            // W3C ids carry no time; these do, as X-Ray's own.
            std::time::Duration::try_from_secs_f64(start)
                .unwrap_or_default()
                .as_secs()
                & 0xffff_ffff,
            (u128::from(self.plan.seed & 0xffff) << 64) | u128::from(number),
        );
        let [read, write, pay, work] = [3.0, 5.0, 60.0, 8.0].map(|it| self.random.time(it));
        let in_table = read + write;
        let in_orders = in_table + work;
        let whole = in_orders + pay + self.random.time(4.0);
        let entity = |n: u64, name: &str, (from, took): (f64, f64), fault: bool| {
            let mut fields = json!({ "id": format!("{:016x}", number * 16 + n + 1), "name": name, "start_time": start + from, "end_time": start + from + took });
            if let (true, Some(fields)) = (fault, fields.as_object_mut()) {
                fields.insert("fault".to_owned(), true.into());
            }
            fields
        };
        let segment = |mut fields: Value, more: Value| {
            merge(&mut fields, json!({ "trace_id": trace }));
            merge(&mut fields, more);
            fields
        };
        let call = |mut fields: Value, more: Value| {
            merge(&mut fields, more);
            fields
        };
        let (path, tier) = (self.random.one_of(&PATHS), self.random.one_of(&TIERS));
        let status = if shop_failed { 502 } else { 200 };
        let id = |n: u64| format!("{:016x}", number * 16 + n + 1);
        let table = json!({ "namespace": "aws", "aws": { "table_name": "orders", "operation": "Query", "region": "eu-central-1" } });
        vec![
            segment(
                entity(0, "shop", (0.0, whole), shop_failed),
                json!({
                    "origin": "AWS::ECS::Container",
                    "user": format!("customer-{}", self.random.below(50_000)),
                    "http": { "request": { "method": "GET", "url": format!("https://shop.example.com{path}"), "client_ip": "192.0.2.1" }, "response": { "status": status } },
                    "annotations": { "tier": tier, "order": format!("o-{number}"), "items": self.random.below(12) },
                    "subsegments": [
                        call(entity(1, "orders", (0.001, in_orders), orders_failed), json!({ "namespace": "aws", "aws": { "operation": "Invoke", "function_name": "orders" } })),
                        call(entity(2, "payments.example.com", (0.001 + in_orders, pay), payments_failed), json!({ "namespace": "remote", "http": { "request": { "method": "POST", "url": "https://payments.example.com/v1/charge" }, "response": { "status": if payments_failed { 503 } else { 200 } } } })),
                    ],
                }),
            ),
            segment(
                entity(3, "orders", (0.001, in_orders), orders_failed),
                json!({ "origin": "AWS::Lambda", "parent_id": id(1), "http": { "response": { "status": 200 } }, "aws": { "request_id": format!("00000000-0000-4000-8000-{number:012x}") } }),
            ),
            segment(
                entity(4, "orders", (0.002, in_orders - 0.002), orders_failed),
                json!({
                    "origin": "AWS::Lambda::Function", "parent_id": id(3),
                    "aws": { "function_arn": "arn:aws:lambda:eu-central-1:123456789012:function:orders", "account_id": "123456789012" },
                    "annotations": { "cold_start": number.is_multiple_of(97) },
                    "subsegments": [
                        call(entity(5, "DynamoDB", (0.003, read), table_failed), table.clone()),
                        call(entity(6, "DynamoDB", (0.003 + read, write), false), table),
                    ],
                }),
            ),
        ]
    }

    /// A service fails by itself, or because what it called did.
    fn faults(&mut self, offset: f64) -> Faults {
        let mut faults = Faults::new();
        for (service, calls) in [
            (Service::Table, &[][..]),
            (Service::Orders, &[Service::Table]),
            (Service::Payments, &[]),
            (Service::Shop, &[Service::Orders, Service::Payments]),
        ] {
            if self.fails(service, offset) || calls.iter().any(|it| faults.contains(it)) {
                faults.push(service);
            }
        }
        faults
    }

    fn fails(&mut self, service: Service, offset: f64) -> bool {
        let is_now = |it: &&Outage| it.service == service && (it.from..it.to).contains(&offset);
        let outage = self.plan.outages.iter().find(is_now);
        self.random
            .chance(outage.map_or(USUAL_FAULTS, |it| it.rate))
    }
}

fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(fields), Value::Object(more)) = (into, more) {
        fields.extend(more);
    }
}

#[expect(clippy::cast_precision_loss, reason = "for times")]
const fn as_f64(number: u64) -> f64 {
    number as f64
}
