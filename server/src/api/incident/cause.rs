//! Which incidents come from incidents of called instances.

use std::collections::{HashMap, HashSet};

use flowstone_store::query::{IncidentField as Field, Query, Scalar, Test};
use flowstone_store::record::IncidentRecord;
use uuid::Uuid;

use crate::api::AppState;
use crate::api::error::ApiError;

/// Which incidents come from incidents of called instances: the engine names them where it else names the job or
/// external task that failed.
#[derive(Default)]
pub struct Causes(HashMap<Uuid, Uuid>);

impl Causes {
    /// Looks up the causes of incidents, from instance to called instance.
    pub(super) async fn find(state: &AppState, records: &[IncidentRecord]) -> Result<Self, ApiError> {
        let mut causes = HashMap::new();
        let mut open = sources(records);
        while !open.is_empty() {
            let ids = open.iter().map(|(_, source)| Scalar::Id(*source)).collect();
            let query = Query::default().with(Field::Id, Test::In(ids));
            let found = state.store().incidents(&query).await?;
            let known: HashSet<Uuid> = found.iter().map(|record| record.incident.id).collect();
            causes.extend(open.into_iter().filter(|(_, source)| known.contains(source)));
            open = sources(&found);
            open.retain(|(id, _)| !causes.contains_key(id));
        }
        Ok(Self(causes))
    }

    pub(super) fn of(&self, incident: Uuid) -> Option<Uuid> {
        self.0.get(&incident).copied()
    }

    /// The first of those that cause an incident. Instances call each other without coming back to the first.
    pub(super) fn root_of(&self, incident: Uuid) -> Uuid {
        std::iter::successors(Some(incident), |incident| self.of(*incident))
            .last()
            .unwrap_or(incident)
    }
}

/// Incidents of the engine with what they come from.
fn sources(records: &[IncidentRecord]) -> Vec<(Uuid, Uuid)> {
    let records = records.iter().map(|record| &record.incident);
    records
        .filter(|incident| flowstone_core::Incident::is_of_the_engine(&incident.incident_type))
        .filter_map(|incident| Some((incident.id, Uuid::parse_str(incident.configuration.as_deref()?).ok()?)))
        .collect()
}

/// How far from a cause incidents are looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Those that come from it directly.
    Next,
    /// All that go back to it, which nothing else causes.
    All,
}

/// The open incidents that come from one, and itself when nothing else causes it.
pub(super) async fn caused_by(state: &AppState, cause: Uuid, reach: Reach) -> Result<Vec<Uuid>, ApiError> {
    let query = Query::default().with(Field::Id, Test::Equals(Scalar::Id(cause)));
    let records = state.store().incidents(&query).await?;
    let is_first = Causes::find(state, &records).await?.of(cause).is_none();
    let mut found: Vec<Uuid> = records.iter().map(|_| cause).filter(|_| is_first).collect();
    if reach == Reach::All && !is_first {
        return Ok(Vec::new());
    }
    let mut causes = vec![cause];
    while !causes.is_empty() {
        let texts = causes.iter().map(|id| Scalar::Text(id.to_string())).collect();
        let query = Query::default().with(Field::Configuration, Test::In(texts));
        let next = sources(&state.store().incidents(&query).await?);
        causes = next.into_iter().map(|(incident, _)| incident).collect();
        found.extend(&causes);
        if reach == Reach::Next {
            break;
        }
    }
    Ok(found)
}
