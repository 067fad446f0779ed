//! The one writer: a thread that takes what has queued up meanwhile, commits it at once, and only then answers.

use std::collections::{BTreeSet, HashMap};
use std::thread::JoinHandle;

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use tokio::sync::{mpsc, oneshot};
use xray_segment::TraceId;

use super::minutes::{self, minute_of};
use super::{Accepted, Shelf, StoreError, marks};
use crate::limits;

/// One call's documents, waiting to become durable.
struct Put {
    documents: Vec<Accepted>,
    now: f64,
    done: oneshot::Sender<Result<(), StoreError>>,
}

/// A change of resources: a transaction of its own, which may see that it must not be done.
type Edit = Box<dyn FnOnce(&mut Connection) + Send>;

/// What the thread does for others.
enum Job {
    Put(Put),
    Edit(Edit),
}

/// The thread and the queue to it.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(mut connection: Connection) -> Self {
        // One place for each request that is worked on: a full queue cannot happen, only a waiting request.
        let (queue, mut waiting) = mpsc::channel(limits::REQUESTS);
        let thread = std::thread::spawn(move || {
            while let Some(first) = waiting.blocking_recv() {
                let (batch, edit) = gather(first, &mut waiting);
                if !batch.is_empty() {
                    commit(&mut connection, batch);
                }
                if let Some(edit) = edit {
                    edit(&mut connection);
                }
            }
        });
        Self {
            queue: Some(queue),
            thread: Some(thread),
        }
    }

    pub(super) async fn put(&self, documents: Vec<Accepted>, now: f64) -> Result<(), StoreError> {
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        let (done, durable) = oneshot::channel();
        let put = Put {
            documents,
            now,
            done,
        };
        let sent = queue.send(Job::Put(put)).await;
        sent.map_err(|_| StoreError::Closed)?;
        durable.await.map_err(|_| StoreError::Closed)?
    }

    pub(super) async fn change<T, E, F>(&self, change: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Shelf<'_>) -> Result<T, E> + Send + 'static,
    {
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        let (done, durable) = oneshot::channel();
        let edit: Edit = Box::new(move |connection| {
            let _ = done.send(apply(connection, change));
        });
        let sent = queue.send(Job::Edit(edit)).await;
        sent.map_err(|_| StoreError::Closed)?;
        durable.await.map_err(|_| StoreError::Closed)?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Documents that wait already share the commit of the first, up to a change; nobody waits for more to come.
fn gather(first: Job, waiting: &mut mpsc::Receiver<Job>) -> (Vec<Put>, Option<Edit>) {
    let (mut batch, mut documents) = (Vec::new(), 0);
    let mut next = Some(first);
    while let Some(job) = next {
        match job {
            Job::Put(put) => {
                documents += put.documents.len();
                batch.push(put);
            }
            Job::Edit(edit) => return (batch, Some(edit)),
        }
        let has_room = documents < limits::DOCUMENTS_PER_COMMIT;
        next = has_room.then(|| waiting.try_recv().ok()).flatten();
    }
    (batch, None)
}

/// Runs a change in a transaction; what it began is undone when it fails.
fn apply<T, E, F>(connection: &mut Connection, change: F) -> Result<T, E>
where
    E: From<StoreError>,
    F: FnOnce(&Shelf<'_>) -> Result<T, E>,
{
    let transaction = connection.transaction().map_err(StoreError::from)?;
    let result = change(&Shelf(&transaction))?;
    transaction.commit().map_err(StoreError::from)?;
    Ok(result)
}

fn commit(connection: &mut Connection, batch: Vec<Put>) {
    let mut result = write(connection, &batch);
    for put in batch {
        let answer = match &mut result {
            Ok(()) => Ok(()),
            Err(error) => Err(StoreError::Sqlite(std::mem::replace(
                error,
                rusqlite::Error::InvalidQuery,
            ))),
        };
        let _ = put.done.send(answer);
    }
}

fn write(connection: &mut Connection, batch: &[Put]) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    let mut traces = HashMap::new();
    for put in batch {
        for document in &put.documents {
            traces
                .entry(document.trace)
                .or_insert_with(|| Change::new(document))
                .add(document, put.now);
        }
    }
    let (numbers, changed) = write_traces(&transaction, &traces)?;
    let now = batch.iter().map(|put| put.now).fold(0.0, f64::max);
    minutes::change(&transaction, &changed, now)?;
    write_documents(&transaction, batch, &numbers)?;
    let documents = batch.iter().flat_map(|put| &put.documents);
    let marks = documents.filter_map(|it| Some((*numbers.get(&it.trace)?, &it.marks)));
    let marks = marks.flat_map(|(trace, marks)| marks.iter().map(move |mark| (trace, *mark)));
    marks::keep(&transaction, marks.collect())?;
    transaction.commit()
}

/// What a batch changes of one trace, so that its row and its three index entries are written once.
struct Change {
    start: f64,
    end: f64,
    updated: f64,
    revisions: i64,
}

impl Change {
    fn new(document: &Accepted) -> Self {
        Self {
            start: document.start,
            end: document.end,
            updated: 0.0,
            revisions: 0,
        }
    }

    fn add(&mut self, document: &Accepted, now: f64) {
        self.start = self.start.min(document.start);
        self.end = self.end.max(document.end);
        self.updated = self.updated.max(now);
        self.revisions += 1;
    }

    /// The number of the trace, of which this is the first.
    fn begin(&self, transaction: &Transaction<'_>, id: TraceId) -> rusqlite::Result<i64> {
        transaction
            .prepare_cached(
                "INSERT INTO trace (id, start, finish, updated, revision) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .insert(params![
                id.as_bytes(),
                self.start,
                self.end,
                self.updated,
                self.revisions
            ])
    }

    fn apply(&self, transaction: &Transaction<'_>, number: i64) -> rusqlite::Result<()> {
        transaction
            .prepare_cached(
                "UPDATE trace SET start = min(start, ?2), finish = max(finish, ?3),
                     updated = max(updated, ?4), revision = revision + ?5 WHERE number = ?1",
            )?
            .execute(params![
                number,
                self.start,
                self.end,
                self.updated,
                self.revisions
            ])?;
        Ok(())
    }
}

/// The numbers of the traces, and the minutes they begin in, or began in until now.
fn write_traces(
    transaction: &Transaction<'_>,
    traces: &HashMap<TraceId, Change>,
) -> rusqlite::Result<(HashMap<TraceId, i64>, BTreeSet<i64>)> {
    let mut find = transaction.prepare_cached("SELECT number, start FROM trace WHERE id = ?1")?;
    let mut numbers = HashMap::with_capacity(traces.len());
    let mut minutes = BTreeSet::new();
    for (id, change) in traces {
        let found = find.query_row([id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)));
        let number = if let Some((number, start)) = found.optional()? {
            minutes.insert(minute_of(start));
            change.apply(transaction, number)?;
            number
        } else {
            change.begin(transaction, *id)?
        };
        minutes.insert(minute_of(change.start));
        numbers.insert(*id, number);
    }
    Ok((numbers, minutes))
}

/// A complete document replaces the one in progress, and a later one an earlier one; a late one in progress replaces nothing complete.
fn write_documents(
    transaction: &Transaction<'_>,
    batch: &[Put],
    numbers: &HashMap<TraceId, i64>,
) -> rusqlite::Result<()> {
    let mut upsert = transaction.prepare_cached(
        "INSERT INTO document (trace, id, in_progress, body) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (trace, id) DO UPDATE SET in_progress = excluded.in_progress, body = excluded.body
             WHERE excluded.in_progress <= in_progress",
    )?;
    for document in batch.iter().flat_map(|put| &put.documents) {
        upsert.execute(params![
            numbers.get(&document.trace),
            document.id.as_bytes(),
            document.in_progress,
            document.body,
        ])?;
    }
    Ok(())
}
