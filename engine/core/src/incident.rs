//! Incidents that somebody raises and resolves by hand.

use std::sync::Arc;

use uuid::Uuid;

use crate::event::Event;
use crate::rejection::Rejection;
use crate::state::Incident;
use crate::step::Step;

/// An incident to raise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewIncident {
    /// Its id.
    pub id: Uuid,
    /// Execution concerned, or the instance when it has only one.
    pub execution: Uuid,
    /// What kind of incident it is; none that the engine raises by itself.
    pub incident_type: String,
    /// What it is about.
    pub configuration: Option<String>,
    /// Why.
    pub message: Option<String>,
}

impl Step<'_> {
    pub(crate) fn raise_incident(&mut self, new: &NewIncident) -> Result<(), Rejection> {
        if Incident::is_of_the_engine(&new.incident_type) {
            return Err(Rejection::EngineIncident {
                incident_type: new.incident_type.clone(),
            });
        }
        let execution = self.only_child(new.execution);
        let token = self.instance.token(execution).map(|token| Some(token.node.clone()));
        let scope = || self.instance.scope(execution).map(|scope| scope.node.clone());
        let node = token.or_else(scope).ok_or(Rejection::UnknownExecution {
            execution: new.execution,
        })?;
        let node = node.ok_or(Rejection::NoActivity {
            execution: new.execution,
        })?;
        self.emit(Event::IncidentRaised(Box::new(Incident {
            id: new.id,
            incident_type: new.incident_type.as_str().into(),
            token: execution,
            source: execution,
            configuration: new.configuration.clone(),
            node,
            message: new.message.clone(),
            created_at: self.now,
            annotation: None,
        })));
        Ok(())
    }

    /// A called instance has an incident of the engine, which concerns the token that waits for it, too.
    pub(crate) fn share_incident(&mut self, token: Uuid, cause: Uuid, incident_type: &Arc<str>) {
        let Some(node) = self.instance.token(token).map(|token| token.node.clone()) else {
            return;
        };
        let id = self.ids.next_id();
        self.emit(Event::IncidentRaised(Box::new(Incident {
            id,
            incident_type: incident_type.clone(),
            token,
            source: cause,
            configuration: None,
            node,
            message: None,
            created_at: self.now,
            annotation: None,
        })));
    }

    pub(crate) fn annotate_incident(&mut self, id: Uuid, annotation: Option<&str>) -> Result<(), Rejection> {
        let incident = self.instance.incidents().find(|incident| incident.id == id);
        let token = incident.ok_or(Rejection::UnknownIncident { incident: id })?.token;
        self.emit(Event::IncidentAnnotated {
            id,
            token,
            annotation: annotation.map(str::to_owned),
        });
        Ok(())
    }

    pub(crate) fn resolve_incident(&mut self, id: Uuid) -> Result<(), Rejection> {
        let incident = self.instance.incidents().find(|incident| incident.id == id);
        let incident = incident.ok_or(Rejection::UnknownIncident { incident: id })?;
        if incident.is_of_failure() {
            return Err(Rejection::IncidentOfFailure {
                incident_type: incident.incident_type.to_string(),
            });
        }
        let token = incident.token;
        self.emit(Event::IncidentResolved { id, token });
        Ok(())
    }

    /// What is meant by an instance: the only execution directly in it; everything else means itself.
    fn only_child(&self, execution: Uuid) -> Uuid {
        let root = self.instance.root().filter(|root| root.id == execution);
        let mut children = root.into_iter().flat_map(|root| &root.children);
        match (children.next(), children.next()) {
            (Some(child), None) => *child,
            _ => execution,
        }
    }
}
