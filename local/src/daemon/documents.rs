//! From the socket into the store, as many documents at once as wait.
//!
//! While a batch is written, what comes waits in the kernel's buffer: nothing else queues, so that nothing else has to be bounded. A subsegment that
//! a function has only opened is stored in progress, and replaced when it closes; an end marker changes nothing, because nothing is held back.

use std::sync::Arc;

use lambda_xray_extension::intake::{Drained, Intake, Received};
use serde::Serialize;
use tokio::sync::watch;
use xray_segment::datagram::Datagram;

use crate::api::Service;
use crate::document::accept;
use crate::limits::{DATAGRAMS_PER_BATCH, Limits};
use crate::store::Accepted;
use crate::{clock, store};

/// What became of everything that came, for whoever asks over the socket.
#[derive(Clone, Debug, Default, Serialize)]
struct Counts {
    received: u64,
    stored: u64,
    refused: u64,
    kernel_dropped: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_refusal: Option<String>,
}

/// One drain of the socket.
#[derive(Default)]
struct Batch {
    documents: Vec<Accepted>,
    /// Who asked how it stands.
    asked: Vec<std::net::SocketAddr>,
}

/// Takes documents until `stop` is closed, and then what has come by that time.
pub(super) async fn take(mut intake: Intake, service: Arc<Service>, mut stop: watch::Receiver<()>) {
    let mut counts = Counts::default();
    loop {
        let going_on = tokio::select! {
            readable = intake.readable() => readable.is_ok(),
            _ = stop.changed() => false,
        };
        let mut drained = Drained::More;
        while drained == Drained::More {
            let mut batch = Batch::default();
            drained = intake.drain(DATAGRAMS_PER_BATCH, |received| {
                counts.read(&received, &service.limits, &mut batch);
            });
            counts.keep(&service.store, batch.documents).await;
            counts.answer(&intake, &batch.asked);
        }
        if !going_on {
            return;
        }
    }
}

impl Counts {
    fn read(&mut self, received: &Received<'_>, limits: &Limits, batch: &mut Batch) {
        match &received.datagram {
            Ok(Datagram::Document(text) | Datagram::Open(text)) => {
                self.received += 1;
                match accept((*text).to_owned(), limits, clock::now()) {
                    Ok(document) => batch.documents.push(document),
                    Err(unfit) => self.refuse(1, unfit.to_string()),
                }
            }
            Ok(Datagram::Report) => batch.asked.push(received.from),
            // A hello is answered by the intake.
            Ok(_) => {}
            Err(error) => {
                self.received += 1;
                self.refuse(1, error.to_string());
            }
        }
    }

    async fn keep(&mut self, store: &store::Store, documents: Vec<Accepted>) {
        let count = documents.len() as u64;
        if count == 0 {
            return;
        }
        match store.put(documents, clock::now()).await {
            Ok(()) => self.stored += count,
            Err(error) => self.refuse(count, error.to_string()),
        }
    }

    fn refuse(&mut self, count: u64, why: String) {
        self.refused += count;
        self.last_refusal = Some(why);
    }

    fn answer(&mut self, intake: &Intake, asked: &[std::net::SocketAddr]) {
        if asked.is_empty() {
            return;
        }
        self.kernel_dropped = intake.kernel_dropped().unwrap_or(self.kernel_dropped);
        let text = serde_json::to_string(self).unwrap_or_default();
        let report = Datagram::Reported(&text).to_bytes();
        for client in asked {
            intake.answer(&report, *client);
        }
    }
}
