//! The suite that every store must pass: [`conformance_tests!`](crate::conformance_tests) makes each
//! case a test of its own in the crate of the store.
//!
//! ```text
//! async fn fresh() -> (flowstone_store::SharedStore, TempDir) { … }
//! flowstone_store::conformance_tests!(fresh);
//! ```

#![allow(clippy::unwrap_used, reason = "these are tests that live in a library")]
#![allow(missing_docs, reason = "the name of a case is its documentation")]

pub mod commits;
pub mod constraints;
pub mod deployments;
pub mod fixture;
pub mod history;
pub mod jobs;
pub mod loads;
pub mod queries;
pub mod variables;

/// One test per case. The argument is an async function without arguments that answers an empty
/// [`SharedStore`](crate::SharedStore) and whatever must live as long as that.
#[macro_export]
macro_rules! conformance_tests {
    ($factory:path) => {
        $crate::conformance_tests!(@cases $factory;
            commits::an_instance_lives_from_its_start_to_history,
            commits::what_is_left_of_a_repetition_is_loaded_and_is_no_activity,
            commits::a_change_replaces_and_removes_rows,
            commits::an_update_keeps_what_it_does_not_mention,
            commits::an_instance_that_passes_within_a_batch_is_only_history,
            commits::the_end_of_an_instance_takes_all_its_rows,
            commits::events_are_kept_in_the_order_of_versions,
            commits::history_of_an_instance_is_deleted_as_a_whole,
            commits::an_empty_batch_is_no_error,
            commits::rows_that_are_gone_are_not_brought_back_by_an_update,
            constraints::a_conflict_leaves_out_its_instance_and_nothing_else,
            constraints::an_instance_is_not_inserted_twice,
            constraints::a_violated_constraint_leaves_nothing_of_its_batch,
            constraints::a_key_is_applied_once,
            constraints::a_key_of_two_instances_goes_to_the_first,
            constraints::keys_are_forgotten_by_age,
            constraints::of_changes_at_once_exactly_one_wins_each_version,
            constraints::a_key_used_at_once_is_applied_once,
            constraints::an_abandoned_commit_is_written_wholly_or_not_at_all,
            loads::every_column_is_loaded_as_written,
            loads::every_value_is_loaded_as_written,
            loads::a_text_with_a_zero_character_does_not_fail_its_batch,
            loads::ids_of_every_kind_lead_to_their_instance,
            loads::ready_tasks_are_those_that_may_be_fetched,
            loads::ready_tasks_come_by_priority_and_age,
            loads::what_is_absent_is_left_out,
            loads::a_store_says_what_it_is,
            jobs::a_job_is_loaded_as_written_replaced_and_removed,
            jobs::a_text_of_a_job_with_a_zero_character_does_not_fail_its_batch,
            jobs::jobs_belong_to_their_instance_and_end_with_it,
            jobs::a_conflict_leaves_out_its_jobs,
            jobs::jobs_that_start_others_outlive_who_made_them,
            jobs::jobs_are_found_when_they_are_due,
            jobs::jobs_are_asked_for_by_what_they_hold,
            commits::changes_that_belong_together_are_written_all_or_not_at_all,
            deployments::versions_are_counted_per_key_and_tenant_even_at_once,
            deployments::the_latest_version_is_found_per_tenant,
            deployments::an_id_too_long_for_clients_is_a_bare_uuid,
            deployments::a_deployment_is_stored_wholly,
            deployments::a_deployment_that_fails_leaves_nothing,
            deployments::jobs_of_definitions_belong_to_the_latest_version,
            deployments::a_suspended_definition_rests_with_its_jobs,
            deployments::what_is_decided_for_job_definitions_is_kept_until_they_go,
            deployments::how_long_history_is_wanted_is_changed,
            deployments::a_deleted_deployment_takes_its_history_only_with_cascade,
            deployments::a_deleted_definition_leaves_its_deployment,
            deployments::decisions_have_versions_and_go_with_their_deployment,
            deployments::files_of_several_decisions_are_graphs_with_versions_of_their_own,
            queries::every_field_answers_every_test,
            queries::every_field_orders,
            queries::absent_values_come_last_and_descending_first,
            queries::pages_cut_the_order,
            queries::conditions_combine,
            queries::patterns_match_as_documented,
            queries::history_is_what_ended_and_what_runs,
            queries::candidates_and_incidents_match_when_one_does,
            queries::variables_of_scopes_and_tasks_are_listed,
            history::variables_of_what_ended_and_what_runs_are_history,
            history::every_value_of_an_ended_scope_is_kept,
            history::user_tasks_that_are_open_and_ended_are_history,
            history::incidents_that_are_open_and_closed_are_history,
            history::what_happened_to_external_tasks_is_told_by_the_tasks_and_their_failures,
            history::evaluated_decisions_go_with_their_deployment_only_with_cascade,
            history::evaluated_decisions_are_kept_as_written_and_go_with_their_instance,
            history::activities_tell_what_they_called,
            history::history_goes_with_its_instance_or_definition,
            history::a_conflict_leaves_out_its_history,
            variables::values_compare_as_the_filter_grammar_says,
            variables::names_may_hold_any_character,
            variables::conditions_look_at_the_running_instance,
        );
    };
    (@cases $factory:path; $($module:ident :: $case:ident,)+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            let (store, _guard) = $factory().await;
            $crate::conformance::$module::$case(store).await;
        }
    )+};
}
